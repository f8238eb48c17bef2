"""RT-02: what makes a question complex, in whole words of both languages."""

import pytest

from models_registry.domain.complexity import complexity_of
from models_registry.domain.query_types import fold


def scored(text, **context):
    return complexity_of(fold(text).split(), context=context).score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.0),
        ("my fees", 0.0),
        ("word " * 50, 0.0),
        ("word " * 51, 0.1),
        ("word " * 100, 0.1),
        ("word " * 101, 0.2),
        ("a detailed look", 0.1),
        ("a detailed, complete look", 0.2),
        ("detail details detailed", 0.1),
        ("analysis, strategy, optimization, comparison, evaluation", 0.3),
        ("Une analyse approfondie", 0.2),
        ("Stratégie complète et priorités critiques", 0.3),
        ("forecast my revenue", 0.3),
        ("Quelles prévisions de revenus ?", 0.3),
        ("give it as JSON", 0.15),
        ("un tableau des canaux", 0.15),
        ("completeness of predictable criticism", 0.0),
        ("strategic forecast as a table", 0.55),
    ],
)
def test_words_add_up(text, expected):
    assert scored(text) == expected


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("requires_analysis", 0.3),
        ("requires_prioritization", 0.2),
        ("historical_data_required", 0.2),
        ("is_structured", 0.15),
        ("unheard_of", 0.0),
    ],
)
def test_what_the_caller_knows_adds_up(flag, expected):
    assert scored("my fees", **{flag: True}) == expected
    assert scored("my fees", **{flag: False}) == 0.0


def test_the_score_ends_at_one_and_its_parts_are_kept():
    flags = {"requires_analysis": True, "requires_prioritization": True, "historical_data_required": True}

    found = complexity_of(fold("predict " * 101 + "analysis strategy critical json").split(), context=flags)

    assert found.score == 1.0
    assert found.parts == {
        "length": 0.2,
        "depth_words": 0.3,
        "requires_analysis": 0.3,
        "requires_prioritization": 0.2,
        "historical_data_required": 0.2,
        "forecasting": 0.3,
        "structured": 0.15,
    }
