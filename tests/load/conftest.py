"""The stage of the journeys."""

from tests.journeys.conftest import rows, stage

__all__ = ["rows", "stage"]
