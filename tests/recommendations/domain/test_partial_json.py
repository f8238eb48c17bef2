"""Items come out of a half-written JSON text once each, in order, wherever the text is cut."""

import json

import pytest

from recommendations.domain.partial_json import LONGEST_ANSWER, ItemScanner

DOCUMENT = {
    "summary": 'a "quoted" word, a brace } and "recommendations": [',
    "recommendations": [
        {"title": "one ] }", "evidence": [{"id": "x"}]},
        {"title": 'two \\ " é 🤖', "nested": {"a": [1, 2, {"b": 3}]}},
    ],
    "limits": [{"missing": "uptime"}],
}


@pytest.mark.parametrize("is_ascii", [True, False])
def test_items_are_the_same_wherever_the_text_is_cut(is_ascii):
    text = json.dumps(DOCUMENT, ensure_ascii=is_ascii)

    for cut in range(len(text) + 1):
        scanner = ItemScanner("recommendations")
        items = scanner.feed(text[:cut]) + scanner.feed(text[cut:])
        assert list(items) == DOCUMENT["recommendations"]


def test_an_item_is_given_as_soon_as_its_brace_closes():
    scanner = ItemScanner("items")

    assert scanner.feed('{"items": [{"a": 1') == ()
    assert scanner.feed("}") == ({"a": 1},)


def test_a_text_without_the_array_gives_nothing():
    assert ItemScanner("items").feed('{"other": [{"a": 1}]} trailing words') == ()


def test_a_looping_answer_is_refused():
    with pytest.raises(ValueError, match="longer"):
        ItemScanner("items").feed(" " * (LONGEST_ANSWER + 1))
