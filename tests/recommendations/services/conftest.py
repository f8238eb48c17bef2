"""The stage of the journeys, in a transaction."""

from tests.journeys.fixtures import module_rows, stage

__all__ = ["module_rows", "stage"]
