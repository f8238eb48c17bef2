"""Look at everything lnrag needs; name each fault and its next step. Exits 1 when there is a fault."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lnrag_site.diagnosis import Finding, diagnose


class Command(BaseCommand):
    help = "Name what is wrong with this installation, and what to do."
    requires_system_checks: list[str] = []  # they are one of the findings

    def handle(self, *args: Any, **options: Any) -> None:
        findings = diagnose(at=timezone.now())
        for finding in findings:
            self.stdout.write(_line(finding))
        if any(finding.is_fault and not finding.is_well for finding in findings):
            sys.exit(1)


def _line(finding: Finding) -> str:
    if finding.is_well:
        return f"ok     {finding.name}"
    return f"{'FAULT' if finding.is_fault else 'note '}  {finding.name}: {finding.problem} {finding.next_step}"
