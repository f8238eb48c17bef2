"""The stage of the journeys in a transaction, and advice to speak about."""

from uuid import UUID

import pytest

from tests.journeys.fixtures import module_rows, stage
from tests.journeys.inside import advised
from tests.journeys.stage import Stage

__all__ = ["module_rows", "stage"]


@pytest.fixture
def key(stage: Stage) -> UUID:
    """The id of the demo node's first recommendation, freshly given."""
    return UUID(advised(stage).recommendations[0]["id"])
