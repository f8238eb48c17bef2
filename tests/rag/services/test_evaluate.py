"""Judged questions asked of a small collection, by the retrieval that is served."""

import json
from pathlib import Path

import pytest

from rag.domain.errors import QuestionsUnusable
from rag.domain.evaluation_questions import JudgedQuestion, Place, parse_questions
from rag.domain.steps import Steps
from rag.models import EvaluationRun, Source
from rag.queries.evaluation import outcomes_of
from rag.services.evaluate import evaluate, read_questions, unknown_places
from rag.services.gather import Collection, existing
from rag.services.keep_evaluation import keep
from tests.rag.conftest import NOW

QUESTIONS = (
    JudgedQuestion(
        "base", "What is a base fee?", "en", "easy", True,
        (
            Place("fees.md", "Routing fees > Base fee", must="1,000 msat"),
            Place("frais.md", "Les frais de routage > Frais de base"),
        ),
        line=1,
    ),
    JudgedQuestion(
        "pays", "When is a circular rebalance worth its cost?", "en", "medium", True,
        (Place("lib/rebalance.md", "Circular rebalancing > When it pays"),), line=2,
    ),
    JudgedQuestion(
        "nowhere", "Where do I keep the channel backup?", "en", "hard", True,
        (Place("fees.md", "Routing fees"),), line=3,
    ),
    JudgedQuestion("unknown", "How many hours does a Bitaxe need?", "en", "hard", False, (), line=4),
)  # fmt: skip


@pytest.fixture
def collection(library: Source) -> Collection:
    return existing(library.slug)


@pytest.mark.django_db
def test_documents_answers_and_refusals_are_counted(collection: Collection) -> None:
    evaluation = evaluate(QUESTIONS, collection=collection)

    base, pays, nowhere, unknown = evaluation.outcomes
    assert (base.documents[0], base.answer_rank, base.is_refused) == ("fees.md", 1, False)
    assert base.relevant == ("fees.md", "frais.md")
    assert (pays.relevant, pays.answer_rank) == (("rebalance.md",), 1)  # named from the folder above
    assert (nowhere.documents[0], nowhere.finds_document(1)) == ("backup.md", False)
    assert (unknown.is_refused, unknown.relevant, unknown.answer_rank) == (True, (), None)
    assert evaluation.figures["recall_at_1"] == pytest.approx(2 / 3, abs=1e-3)
    assert evaluation.figures["abstention_recall"] == 1.0
    assert evaluation.figures["latency_p50_ms"] > 0
    assert evaluation.space.startswith("all-minilm")
    assert evaluation.has_passed is None


@pytest.mark.django_db
def test_a_report_tells_what_was_found_and_where_the_answer_is(collection: Collection) -> None:
    (outcome,) = evaluate(QUESTIONS[:1], collection=collection).outcomes

    assert outcome.found[0].breadcrumb == "Tests > Routing fees > Base fee"
    assert outcome.found[0].has_answer
    assert outcome.expected[0] == "fees.md > Routing fees > Base fee"


@pytest.mark.django_db
def test_a_passage_that_does_not_match_what_it_must_is_no_answer(collection: Collection) -> None:
    question = JudgedQuestion(
        "q", "What is a base fee?", "en", "", True, (Place("fees.md", "Routing fees", must="zanzibar"),), line=1
    )

    (outcome,) = evaluate((question,), collection=collection).outcomes

    assert outcome.finds_document(1)
    assert outcome.answer_rank is None


@pytest.mark.django_db
def test_a_pattern_that_never_ends_is_refused_by_its_line(collection: Collection) -> None:
    place = Place("fees.md", "", must=r"(\w+\s?)+\d{9}$")
    question = JudgedQuestion("q", "What is a base fee?", "en", "", True, (place,), line=7)

    with pytest.raises(QuestionsUnusable, match=r"line 7: relevant.must: .* takes too long"):
        evaluate((question,), collection=collection)


@pytest.mark.django_db
def test_each_step_is_switched_off_and_counted_apart(collection: Collection) -> None:
    told: list[str] = []

    evaluation = evaluate(
        QUESTIONS, collection=collection, with_ablation=True, report=lambda step, done, of: told.append(step)
    )

    assert {"lexical only", "dense only", "lexical + dense", "all steps"} <= evaluation.steps.keys()
    assert {f"all without {name}" for name in Steps.names()} <= evaluation.steps.keys()
    assert evaluation.steps["all steps"]["recall_at_5"] == evaluation.figures["recall_at_5"]
    assert set(told) <= evaluation.steps.keys()


@pytest.mark.django_db
def test_demands_are_judged(collection: Collection) -> None:
    evaluation = evaluate(QUESTIONS, collection=collection, gates={"recall_at_1": 0.5, "en.recall_at_1": 0.9})

    assert [verdict.is_met for verdict in evaluation.verdicts] == [True, False]
    assert evaluation.has_passed is False


@pytest.mark.django_db
def test_a_kept_run_reads_back_as_it_was(collection: Collection) -> None:
    evaluation = evaluate(QUESTIONS, collection=collection, gates={"recall_at_1": 0.5}, with_ablation=True)

    keep(evaluation, name="Small", at=NOW, options={"questions": "x.jsonl"})

    row = EvaluationRun.objects.get()
    assert outcomes_of(row) == evaluation.outcomes
    assert (row.name, row.state, row.question_count, row.has_passed) == ("Small", "done", 4, True)
    assert row.figures == json.loads(json.dumps(evaluation.figures))
    assert row.gates[0]["is_met"] is True
    assert row.steps.keys() == evaluation.steps.keys()


def test_documents_that_are_not_there_are_named_by_line() -> None:
    told = unknown_places(QUESTIONS, paths=("fees.md", "frais.md"))

    assert told == ("line 2: relevant[0].path: there is no document lib/rebalance.md.",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read"), (b"\xff\xfe{}", "it is not UTF-8, from byte 0 on"), (b"", "it holds no question")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "questions.jsonl"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(QuestionsUnusable, match=problem):
        read_questions(file)


def test_equal_questions_are_read_from_a_file(tmp_path: Path) -> None:
    text = '\ufeff{"question": "Is it?"}\r\n'
    file = tmp_path / "questions.jsonl"
    file.write_text(text, encoding="utf-8")

    assert read_questions(file) == parse_questions(text)
