"""`profile` in the advice API: it acts on this one answer, and the answer says which it was and what was held back."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.stage import Stage

Caller = Callable[..., Any]


@pytest.mark.parametrize("path", ["recommendations", "recommendations/v2"])
def test_a_profile_acts_on_one_answer_and_is_named_in_it(stage: Stage, caller: Caller, path: str) -> None:
    url = f"node/{stage.pubkey}/{path}"

    shy, plain = (caller("get", url, **words).json() for words in ({"profile": "conservative"}, {}))

    assert (shy["metadata"]["profile"], plain["metadata"]["profile"]) == ("conservative", "balanced")
    assert (shy["metadata"]["held_back"], plain["metadata"]["held_back"]) == (0, 0)
    assert caller("get", url, profile="reckless").status_code == 400
