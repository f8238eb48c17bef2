"""Load every app's first rows. Never overwrites a row that was edited."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from feedback.services import defaults as feedback
from models_registry.services import defaults as models_registry
from rag.services import defaults as rag
from recommendations.services import defaults as recommendations

FLOORS = (models_registry, rag, recommendations, feedback)  # from the ground up


class Command(BaseCommand):
    help = "Load first values of rows; rows that were edited stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        lines = [line for floor in FLOORS for line in floor.load(at=now)]
        for line in lines:
            self.stdout.write(line)
        self.stdout.write(f"{len(lines)} rows created or updated.")
