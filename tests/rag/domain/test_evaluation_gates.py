"""Demands on figures."""

import pytest

from rag.domain.errors import QuestionsUnusable
from rag.domain.evaluation_gates import judge_gates, parse_gates

FIGURES = {
    "recall_at_5": 0.84,
    "wrong_refusals": 0.05,
    "latency_p95_ms": 20.0,
    "abstention_recall": None,
    "by_lang": {"fr": {"recall_at_5": 0.5}},
    "by_difficulty": {"hard": {"recall_at_5": 0.4}},
}


@pytest.mark.parametrize(
    ("gate", "is_met"),
    [
        ("recall_at_5=0.84", True),
        ("recall_at_5 = 0.85", False),
        ("wrong_refusals=0.1", True),  # at most
        ("wrong_refusals=0.01", False),
        ("latency_p95_ms=30", True),
        ("abstention_recall=0.1", False),  # nothing was measured
        ("fr.recall_at_5=0.5", True),
        ("by_lang.fr.recall_at_5=0.6", False),
        ("hard.recall_at_5=0.4", True),
        ("de.recall_at_5=0.1", False),
    ],
)
def test_a_demand_is_met_or_not(gate: str, is_met: bool) -> None:
    (verdict,) = judge_gates(FIGURES, gates=parse_gates([gate]))

    assert verdict.is_met is is_met


@pytest.mark.parametrize("gate", ["recall_at_7=0.5", "recall_at_5", "recall_at_5=high", "=1", ""])
def test_a_demand_that_cannot_be_read_is_named(gate: str) -> None:
    with pytest.raises(QuestionsUnusable) as caught:
        parse_gates([gate])

    assert f"gate {gate}" in str(caught.value)


def test_a_verdict_reads_as_a_sentence() -> None:
    low, none = judge_gates(FIGURES, gates={"recall_at_5": 0.9, "abstention_recall": 0.6})

    assert low.words == "recall_at_5 ≥ 0.9: 0.84"
    assert none.words == "abstention_recall ≥ 0.6: not measured"
