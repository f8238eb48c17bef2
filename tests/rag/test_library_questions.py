"""Our own questions over the library that ships: the file is sound, and retrieval answers them well enough."""

from collections import Counter

import pytest

from rag.domain.chunking import chunk_markdown
from rag.domain.documents import RawDocument
from rag.domain.evaluation_places import holds_answer
from rag.domain.evaluation_questions import JudgedQuestion
from rag.services import defaults
from rag.services.evaluate import evaluate, read_questions, unknown_places
from rag.services.gather import existing
from rag.services.ingest import KNOWLEDGE_DIR, LIBRARY_SLUG, load_library
from rag.services.keep_evaluation import BUILT_IN_QUESTIONS
from rag.services.match_patterns import PatternMatcher
from rag.sources.files import Folder
from tests.rag.conftest import NOW

# A bit below what was measured when they were written; one question is about 0.7 points.
GATES = {
    "recall_at_5": 0.92,
    "recall_at_10": 0.95,
    "answer_recall_at_5": 0.75,
    "abstention_recall": 0.55,
    "wrong_refusals": 0.16,
    "fr.recall_at_5": 0.90,
    "fr.answer_recall_at_5": 0.75,
}


@pytest.fixture(scope="module")
def questions() -> tuple[JudgedQuestion, ...]:
    return read_questions(BUILT_IN_QUESTIONS)


def test_there_are_enough_questions_of_every_kind(questions: tuple[JudgedQuestion, ...]) -> None:
    languages = Counter(one.lang for one in questions)
    difficulties = Counter(one.difficulty for one in questions)

    assert len(questions) >= 120
    assert languages["fr"] >= 40
    assert min(difficulties[name] for name in ("easy", "medium", "hard")) >= 15
    assert sum(not one.is_answerable for one in questions) >= 15
    assert sum(not one.is_answerable and one.lang == "fr" for one in questions) >= 5
    assert len({one.question.casefold() for one in questions}) == len(questions)


def test_every_document_named_ships(questions: tuple[JudgedQuestion, ...]) -> None:
    paths = tuple(file.name for file in KNOWLEDGE_DIR.glob("*.md"))

    assert unknown_places(questions, paths=paths) == ()


def test_every_section_named_exists_and_holds_what_it_must(questions: tuple[JudgedQuestion, ...]) -> None:
    chunks = {
        document.uid: chunk_markdown(document.content, origin=document.origin, title=document.title)
        for document in Folder(KNOWLEDGE_DIR, origin="Library")
        if isinstance(document, RawDocument)
    }

    with PatternMatcher() as matches:
        lacking = [
            (one.id, place)
            for one in questions
            for place in one.places
            if not any(
                holds_answer(chunk.breadcrumb, chunk.text, place=place, matches=matches) for chunk in chunks[place.path]
            )
        ]

    assert lacking == []


def test_no_question_is_a_heading(questions: tuple[JudgedQuestion, ...]) -> None:
    headings = {
        line.lstrip("# ").rstrip("?").strip().casefold()
        for file in KNOWLEDGE_DIR.glob("*.md")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }

    assert [one.id for one in questions if one.question.rstrip(" ?").casefold() in headings] == []


@pytest.mark.quality
@pytest.mark.django_db
def test_the_library_answers_our_questions(questions: tuple[JudgedQuestion, ...]) -> None:
    defaults.load(at=NOW)
    load_library(at=NOW)

    evaluation = evaluate(questions, collection=existing(LIBRARY_SLUG), gates=GATES)

    assert [verdict.words for verdict in evaluation.verdicts if not verdict.is_met] == []
