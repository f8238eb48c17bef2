"""A model may choose and explain findings; it cannot invent one, cite what it was not given, or state a new number."""

import json
from dataclasses import replace

import pytest

from models_registry.domain.query_types import QueryType
from recommendations.domain.model_output import LONGEST_TITLE, Known, Tally, check_item, parse, schema
from recommendations.domain.shapes import SHAPES

KNOWN = Known(
    finding_keys=frozenset({"fee_vs_market:1x1x0", "base_fee:1x1x0"}),
    evidence_ids=frozenset({"fee_vs_market:1x1x0:own_ppm", "base_fee:1x1x0:base"}),
    citation_numbers=frozenset({1, 2}),
    is_grounded=lambda text: "999" not in text,
)
GOOD = {
    "finding": "fee_vs_market:1x1x0",
    "title": "Lower the fee",
    "rationale": "Your peers charge less.",
    "evidence": ["fee_vs_market:1x1x0:own_ppm"],
    "citations": [1],
}


def test_a_good_item_is_shown_as_written():
    checked = check_item(GOOD, KNOWN, Tally())

    assert checked is not None
    assert (checked.title, checked.rationale, checked.citations) == ("Lower the fee", "Your peers charge less.", (1,))


@pytest.mark.parametrize(
    "change",
    [
        {"finding": "invented:9x9x9", "evidence": []},
        {"finding": "invented:9x9x9", "evidence": ["also:invented"]},
        {"finding": 7},
        {"title": None},
        {"evidence": "not a list"},
    ],
)
def test_an_item_without_a_real_finding_is_not_shown(change):
    tally = Tally()

    assert check_item({**GOOD, **change}, KNOWN, tally) is None
    assert (tally.offered, tally.valid) == (1, 0)


def test_an_item_is_found_by_its_evidence_when_its_key_is_wrong():
    checked = check_item({**GOOD, "finding": "fees"}, KNOWN, Tally())

    assert checked is not None
    assert checked.finding_key == "fee_vs_market:1x1x0"


def test_the_same_finding_is_shown_once():
    tally = Tally()

    assert check_item(GOOD, KNOWN, tally) is not None
    assert check_item(GOOD, KNOWN, tally) is None


@pytest.mark.parametrize(
    ("field", "text"), [("rationale", "You will earn 999 sat."), ("title", "x" * (LONGEST_TITLE + 1)), ("title", "  ")]
)
def test_text_with_an_unknown_number_or_no_end_is_left_out_but_the_item_stays(field, text):
    checked = check_item({**GOOD, field: text}, KNOWN, Tally())

    assert checked is not None
    assert getattr(checked, field) is None
    assert field in checked.dropped


def test_citations_and_evidence_that_were_not_given_are_left_out_and_counted():
    tally = Tally()

    checked = check_item({**GOOD, "citations": [2, 9, 2], "evidence": ["base_fee:1x1x0:base", "no"]}, KNOWN, tally)

    assert checked is not None
    assert (checked.citations, checked.evidence) == ((2,), ("base_fee:1x1x0:base",))
    assert (tally.references, tally.resolved_references) == (2 + 2, 1 + 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"summary": 1}', '{"summary": "a"}', "\ud800"])
def test_a_document_that_breaks_the_contract_is_none(text):
    assert parse(text) is None


def test_a_document_that_keeps_it_is_read():
    document = parse(json.dumps({"summary": "s", "recommendations": [GOOD]}))

    assert document is not None
    assert document.recommendations[0]["finding"] == GOOD["finding"]


def test_the_schema_lists_what_may_be_named_as_enumerations():
    item = schema(KNOWN, SHAPES[QueryType.DETAILED])["properties"]["recommendations"]["items"]["properties"]

    assert item["finding"]["enum"] == list(KNOWN.finding_keys)
    assert item["evidence"]["items"]["enum"] == list(KNOWN.evidence_ids)
    assert item["citations"]["items"]["enum"] == list(KNOWN.citation_numbers)


def test_without_passages_nothing_can_be_cited():
    item = schema(replace(KNOWN, citation_numbers=()), SHAPES[QueryType.QUICK])["properties"]["recommendations"][
        "items"
    ]

    assert item["properties"]["citations"]["maxItems"] == 0
