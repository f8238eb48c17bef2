"""Read a file of judged questions, one JSON object a line. What is wrong is named by line and field. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.domain.errors import QuestionsUnusable

MOST_QUESTIONS = 10_000
LONGEST_QUESTION = 2_000  # characters
LONGEST_PATTERN = 500  # characters
MOST_PROBLEMS = 20  # named at once: whoever repairs a file wants more than the first


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands: a document, the headings above it, and what its passage must match."""

    path: str
    heading: str = ""
    must: str = ""


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question with what somebody judged of it. `line` is where it stands in the file, from 1."""

    id: str
    question: str
    lang: str
    difficulty: str
    is_answerable: bool
    places: tuple[Place, ...]
    gold: str = ""
    line: int = 0


def parse_questions(text: str) -> tuple[JudgedQuestion, ...]:
    """Return the questions of a file, in order; a byte order mark and blank lines are passed over.

    :raises QuestionsUnusable: naming each line and field that is wrong.
    """
    found: list[JudgedQuestion] = []
    problems: list[str] = []
    first_lines: dict[str, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        question, wrong = _question(line, number=number)
        problems += [f"line {number}: {problem}" for problem in wrong]
        if question is None:
            continue
        earlier = first_lines.setdefault(question.id, number)
        if earlier != number:
            problems.append(f"line {number}: id: {question.id!r} is the id of line {earlier} as well.")
        found.append(question)
    if not found and not problems:
        problems.append("it holds no question.")
    if len(found) > MOST_QUESTIONS:
        problems.append(f"it holds {len(found)} questions; at most {MOST_QUESTIONS} are asked at once.")
    if problems:
        raise QuestionsUnusable(tuple(problems[:MOST_PROBLEMS]), count=len(problems))
    return tuple(found)


def questions_sha256(questions: Sequence[JudgedQuestion]) -> str:
    """Return a hash that is equal for equal questions and judgments, whatever their order and the file's layout."""
    rows = sorted(
        [one.id, one.question, one.is_answerable, sorted([p.path, p.heading, p.must] for p in one.places)]
        for one in questions
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _question(line: str, *, number: int) -> tuple[JudgedQuestion | None, list[str]]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None, ["it is not JSON."]
    if not isinstance(row, dict):
        return None, ["it is not a JSON object."]
    problems = list(_problems(row))
    if problems:
        return None, problems
    places = tuple(
        Place(path=one["path"].strip(), heading=one.get("heading") or "", must=one.get("must") or "")
        for one in row.get("relevant") or ()
    )
    question = JudgedQuestion(
        id=str(row.get("id") or f"line-{number}")[:80],
        question=row["question"].strip(),
        lang=row.get("lang") or "en",
        difficulty=row.get("difficulty") or "",
        is_answerable=row.get("answerable", bool(places)),
        places=places,
        gold=row.get("gold") or "",
        line=number,
    )
    return question, []


def _problems(row: Mapping[str, Any]) -> Iterator[str]:
    asked = row.get("question")
    if not isinstance(asked, str) or not asked.strip():
        yield "question: a text is needed."
    elif len(asked) > LONGEST_QUESTION or "\x00" in asked:
        yield f"question: at most {LONGEST_QUESTION} characters, none of them zero."
    if not isinstance(row.get("id", ""), str | int):
        yield "id: a text or a number is needed."
    for name in ("lang", "difficulty", "gold"):
        if not isinstance(row.get(name), str | None):
            yield f"{name}: a text is needed."
    if not isinstance(row.get("answerable", True), bool):
        yield "answerable: true or false is needed."
    yield from _place_problems(row)


def _place_problems(row: Mapping[str, Any]) -> Iterator[str]:
    relevant = row.get("relevant", [])
    if not isinstance(relevant, list):
        yield "relevant: a list is needed."
        return
    if row.get("answerable") is True and not relevant:
        yield "relevant: an answerable question needs a place."
    if row.get("answerable") is False and relevant:
        yield "relevant: an unanswerable question has no place."
    for number, place in enumerate(relevant):
        if not isinstance(place, dict):
            yield f"relevant[{number}]: an object is needed."
            continue
        if not isinstance(place.get("path"), str) or not place["path"].strip():
            yield f"relevant[{number}].path: a text is needed."
        if not isinstance(place.get("heading"), str | None):
            yield f"relevant[{number}].heading: a text is needed."
        if problem := pattern_problem(place.get("must")):
            yield f"relevant[{number}].must: {problem}"


def pattern_problem(pattern: object) -> str:
    """Return what keeps a `must` from being used, or "". A slow one shows itself only when it runs."""
    if pattern is None:
        return ""
    if not isinstance(pattern, str):
        return "a regular expression is needed."
    if len(pattern) > LONGEST_PATTERN:
        return f"at most {LONGEST_PATTERN} characters."
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        return f"not a regular expression: {exc}."
    return ""
