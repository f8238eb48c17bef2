"""Files of judged questions: what is read, and how what is wrong is named."""

import json

import pytest

from rag.domain.errors import QuestionsUnusable
from rag.domain.evaluation_questions import Place, parse_questions, pattern_problem, questions_sha256

GOOD = {
    "id": "q1",
    "question": "Is it?",
    "lang": "fr",
    "difficulty": "easy",
    "relevant": [{"path": "a.md", "heading": "A > B", "must": "x+"}],
    "gold": "It is.",
    "answerable": True,
}


def line(**changes: object) -> str:
    return json.dumps({**GOOD, **changes})


def test_a_question_is_read_with_all_that_was_judged() -> None:
    (question,) = parse_questions(line())

    assert (question.id, question.lang, question.difficulty, question.is_answerable) == ("q1", "fr", "easy", True)
    assert question.places == (Place("a.md", "A > B", "x+"),)
    assert question.line == 1


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_are_passed_over() -> None:
    text = "\ufeff" + line() + "\r\n\r\n  \n" + line(id="q2") + "\n"

    assert [(one.id, one.line) for one in parse_questions(text)] == [("q1", 1), ("q2", 4)]


def test_what_is_not_said_has_a_sensible_meaning() -> None:
    text = '{"question": "Is it?", "relevant": [{"path": "a.md"}]}\n{"question": "Was it?"}'

    first, second = parse_questions(text)

    assert (first.id, first.lang, first.is_answerable) == ("line-1", "en", True)
    assert (second.id, second.is_answerable, second.places) == ("line-2", False, ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds no question"),
        ("{", "line 1: it is not JSON"),
        ("[1]", "line 1: it is not a JSON object"),
        ("[" * 100_000, "line 1: it is not JSON"),
        (line(question=""), "line 1: question"),
        (line(question=7), "line 1: question"),
        (line(question="x" * 3000), "line 1: question"),
        (line(lang=3), "line 1: lang"),
        (line(id=[]), "line 1: id"),
        (line(answerable="yes"), "line 1: answerable"),
        (line(relevant="a.md"), "line 1: relevant"),
        (line(relevant=[]), "line 1: relevant: an answerable question needs a place"),
        (line(answerable=False), "line 1: relevant: an unanswerable question has no place"),
        (line(relevant=["a.md"]), "line 1: relevant[0]"),
        (line(relevant=[{"path": "a.md"}, {"heading": "A"}]), "line 1: relevant[1].path"),
        (line(relevant=[{"path": "a.md", "heading": 1}]), "line 1: relevant[0].heading"),
        (line(relevant=[{"path": "a.md", "must": "("}]), "line 1: relevant[0].must: not a regular expression"),
        (line() + "\n" + line(), "line 2: id: 'q1' is the id of line 1 as well"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(text: str, problem: str) -> None:
    with pytest.raises(QuestionsUnusable) as caught:
        parse_questions(text)

    assert problem in str(caught.value)


def test_many_problems_are_named_at_once_but_not_all() -> None:
    with pytest.raises(QuestionsUnusable) as caught:
        parse_questions("\n".join(["{"] * 100))

    assert "line 1:" in str(caught.value)
    assert "line 20:" in str(caught.value)
    assert "and 80 more" in str(caught.value)


@pytest.mark.parametrize("pattern", [None, "", "a|b", r"(?i)\d{2,4} sat"])
def test_usual_patterns_can_be_used(pattern: str | None) -> None:
    assert pattern_problem(pattern) == ""


@pytest.mark.parametrize("pattern", [1, "(", "a" * 501, "(?P<x", "a{99999999999999999999}"])
def test_other_patterns_are_refused_with_a_reason(pattern: object) -> None:
    assert pattern_problem(pattern) != ""


def test_the_hash_tells_questions_apart_but_not_files() -> None:
    one, two = line(), line(id="q2", question="Was it?")

    same = questions_sha256(parse_questions(f"{one}\n{two}"))

    assert questions_sha256(parse_questions(f"{two}\n\n{one}")) == same
    assert questions_sha256(parse_questions(f"{one}\n{line(id='q2')}")) != same
