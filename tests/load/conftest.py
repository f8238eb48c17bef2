"""The stage and the server of the journeys."""

from tests.journeys.conftest import rows, served, stage, test_database

__all__ = ["rows", "served", "stage", "test_database"]
