"""How much context a question gets."""

import pytest

from models_registry.domain.query_types import QueryType
from rag.domain.levels import COMPLEX, MEDIUM, SIMPLE, VERY_COMPLEX, Level, level_for


@pytest.mark.parametrize(
    ("question", "kind", "expected"),
    [
        ("What is a watchtower?", QueryType.QUICK, SIMPLE),
        ("What fee should I set?", QueryType.DETAILED, MEDIUM),
        ("Compare the fee strategies in detail. Which one suits me?", QueryType.STRATEGIC, COMPLEX),
        (
            "Give a complete analysis and a detailed comparison of strategies: what should I prioritize over the next "
            "months, which channels should I close, and why? How would earnings change? What are the risks?",
            QueryType.STRATEGIC,
            VERY_COMPLEX,
        ),
    ],
)
def test_the_more_is_asked_the_more_context(question: str, kind: QueryType, expected: Level) -> None:
    assert level_for(question, query_type=kind) == expected


def test_the_kind_is_heard_where_nobody_names_it() -> None:
    assert level_for("What is a watchtower?") in (SIMPLE, MEDIUM)


def test_a_cap_cuts_passages_and_not_tokens() -> None:
    assert level_for("What fee should I set?", query_type=QueryType.DETAILED, most_passages=2) == Level(
        "medium", 1200, 2
    )
