"""Look at everything lnrag needs; name each fault and its next step. Exits 1 when there is a fault."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lnrag_site.diagnosis import diagnose
from lnrag_site.finding import Finding


class Command(BaseCommand):
    help = "Name what is wrong with this installation, and what to do."
    requires_system_checks: list[str] = []  # they are one of the findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = diagnose(at=timezone.now())
        faults = sum(finding.is_fault and not finding.is_well for finding in findings)
        if options["json"]:
            told = [{**asdict(finding), "is_well": finding.is_well} for finding in findings]
            self.stdout.write(json.dumps({"faults": faults, "findings": told}))
        else:
            self.stdout.write("\n".join(map(_line, findings)))
        if faults:
            sys.exit(1)


def _line(finding: Finding) -> str:
    if finding.is_well:
        return f"ok     {finding.name}" + (f": {finding.detail}" if finding.detail else "")
    more = f" Read more at {finding.help_path}." if finding.help_path else ""
    kind = "FAULT" if finding.is_fault else "note "
    return f"{kind}  {finding.name}: {finding.problem} {finding.next_step}{more}"
