"""A card's payload is brought into one shape: unknown where it lacks something, never an exception."""

import pytest

from recommendations.domain.card_shape import COMMAND, LISTS, shaped


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"values": "x", "evidence": 7, "citations": [1, None], "gain": [], "commands": {"lnd": 1}},
        {"notes": "text", "missing": [1], "metadata": "x", "impact_factors": 3, "commands": []},
    ],
)
def test_whatever_is_missing_or_of_the_wrong_kind_becomes_unknown(payload):
    card = shaped(payload)

    assert all(card[name] == [] for name in LISTS)
    assert card["gain"] is None
    assert card["metadata"] is None
    assert card["title"] == ""


def test_what_is_known_stays_and_gets_the_fields_it_lacks():
    card = shaped({"title": "Raise", "evidence": [{"label": "own", "value": 0}], "commands": {"lnd": {"command": "x"}}})

    assert card["evidence"][0]["value"] == 0
    assert card["evidence"][0]["unit"] is None
    assert set(card["commands"]["cln"]) == set(COMMAND)
    assert card["commands"]["lnd"]["command"] == "x"
    assert card["commands"]["lnd"]["prepare"] == []
