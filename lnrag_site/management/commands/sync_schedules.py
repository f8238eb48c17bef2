"""Add the jobs of the timetable that have no row yet."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lnrag_site import schedules


class Command(BaseCommand):
    help = "Add missing jobs of the timetable; a cadence that was changed stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        added = schedules.sync(at=timezone.now())
        self.stdout.write(f"Added: {', '.join(added)}." if added else "Nothing was missing.")
