"""French advice is French throughout: every sentence on every node, all that a rule could write, and no number lost."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models_registry.domain.query_types import QueryType
from recommendations.domain import command_forms, command_text, commands, grammar, limits, policy_text
from recommendations.domain.claims import told, why_not
from recommendations.domain.findings.catalog import RULES, examine
from recommendations.domain.findings.rule import Need
from recommendations.domain.french import BOOK, NOTATION, TABLES, said
from recommendations.domain.grounding import numbers_of
from recommendations.domain.overview import Seen, analysis, summary
from recommendations.domain.phrasebook import FIELD, Phrasebook
from recommendations.domain.quality import rules_quality, speaks
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.scoring import Weights
from recommendations.domain.wording import acts_in, why_unfit
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT
from tests.recommendations.domain.sentences import left_english, texts

EVERY_NODE = (*scenarios.ALL, scenarios.huge)
SPEAKING = (
    *sorted((Path(grammar.__file__).parent / "findings").glob("*.py")),
    *(Path(one.__file__ or "") for one in (command_forms, command_text, commands, grammar, limits, policy_text)),
)
UNSAID = frozenset({"ThresholdSpec", "Scale", "assert"})  # help of the admin, not of the advice
COMMANDS = re.compile(
    r"^<|^\s*(?:lncli|lightning-cli|bos|loop|charge-lnd -c|chan\.id|strategy|--)|^ \w*_?\w+_\w+ ?=| --"
)
TWO_WORDS = re.compile(r"[A-Za-z’']{2,}[ ,]+[A-Za-z’']{2,}")
SILENT = "Nothing was forwarded in 14 days."
SAMPLES = {
    "number": "1,234.5",
    "amount": "97.5%",
    "id": "800001x2x0",
    "date": "2026-03-02",
    "flag": "--in",
    "text": "X",
}


@cache
def advised(build: Any, lang: str) -> tuple[ScoredRecommendation, ...]:
    facts = build()
    return recommend(facts, examine(facts), Weights(), at=AT, lang=lang)


@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_no_sentence_of_a_french_payload_is_english(build: Any) -> None:
    for ours, french in zip(advised(build, "en"), advised(build, "fr"), strict=True):
        assert left_english(ours.to_payload(), french.to_payload()) == [], ours.rule
        assert [text for _, text in texts(french.to_payload()) if speaks(text, lang="fr") is False] == []


@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_french_tells_the_numbers_of_the_english_and_no_act_beside_its_own(build: Any) -> None:
    for ours, french in zip(advised(build, "en"), advised(build, "fr"), strict=True):
        for (_, before), (_, after) in zip(texts(ours.to_payload()), texts(french.to_payload()), strict=True):
            assert figures(before) == figures(after), (before, after)
        words, mots = (f"{one.title} {one.explanation} {one.manual_step or ''}" for one in (ours, french))
        assert acts_in(mots) <= acts_in(words)
        assert why_unfit(f"{french.title}. {french.explanation}", lang="fr") is None


def figures(text: str) -> list[str]:
    """Return the digits a text shows, whatever the notation."""
    return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[,.\u202f ](?=\d)", "", text).replace("1M ", "1000000 ")))


@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_what_is_believed_of_a_model_in_english_is_believed_in_french(build: Any) -> None:
    for ours, french in zip(advised(build, "en"), advised(build, "fr"), strict=True):
        assert refused(french, "fr") == refused(ours, "en"), (french.title, french.explanation)


def refused(item: ScoredRecommendation, lang: str) -> list[str | None]:
    """Return why each of the rule's own texts would be refused, were it a model's that was told of this item."""
    own = (item.title, item.explanation, item.threshold, item.gain.computation if item.gain else "")
    lines = told((*own, *(f"{one.label} {one.value} {one.unit}" for one in item.evidence)))
    return [why_not(text, lines, lang=lang) for text in own]


@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_french_advice_is_worth_as_much_as_english(build: Any) -> None:
    ours, _ = rules_quality(advised(build, "en"))
    french, _ = rules_quality(advised(build, "fr"), lang="fr")

    assert ours is None or french == pytest.approx(ours, abs=0.01)


@pytest.mark.parametrize("build", EVERY_NODE, ids=lambda build: build.__name__)
def test_what_the_rules_say_of_the_whole_is_french(build: Any) -> None:
    facts = build()
    examination = examine(facts)
    seen = Seen(facts, examination, advised(build, "fr"), "fr")

    whole = [summary(seen), *(text for kind in QueryType for _, text in texts(analysis(seen, kind)))]

    assert [text for text in whole if speaks(text, lang="fr") is False] == []
    lacking = [text for one in examination.insufficient for text in (one.title, one.explanation, *one.missing)]
    assert [text for text in lacking if BOOK.say(text) is None] == []


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.stem)
def test_every_sentence_a_rule_or_a_command_writes_is_known_in_french(path: Path) -> None:
    known = "\n".join(FIELD.sub("\0", english) for table in TABLES.values() for english in table)

    unknown = [one for one in prose(ast.parse(path.read_text())) if one not in known and BOOK.say(one) is None]

    assert unknown == [], f"{path.name} says what recommendations/domain/phrases does not hold"


def prose(tree: ast.AST) -> Iterator[str]:
    """Yield the pieces of text between the values in every string that is no docstring, no command and no lookup."""
    for node in ast.iter_child_nodes(tree):
        if is_silent(node):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            pieces = (piece.strip(" .;:") for piece in re.split(r"\{\w*\}|(?<=[.;]) ", node.value))
            yield from (piece for piece in pieces if TWO_WORDS.search(piece) and not COMMANDS.search(node.value))
        else:
            yield from prose(node)


def is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id.startswith("TOPICS")
    if isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg in {"summary", "why"}):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAID


def test_every_rule_and_what_it_needs_has_a_french_name() -> None:
    assert [rule.title for rule in RULES if BOOK.say(rule.title) is None] == []
    assert [need.value for need in Need if BOOK.say(need.value) is None] == []


@pytest.mark.parametrize(("name", "table"), TABLES.items(), ids=TABLES)
def test_every_sentence_of_the_tables_is_recognized_and_keeps_what_it_names(name: str, table: dict[str, str]) -> None:
    for english, french in table.items():
        fields = dict(FIELD.findall(english))
        assert set(fields) == {one for one, _ in FIELD.findall(french)}, english
        said_so = BOOK.say(FIELD.sub(lambda field: sample(field[2]), english))
        assert said_so == FIELD.sub(lambda field: in_french(fields[field[1]]), french)  # noqa: B023 (used at once)


def sample(kind: str) -> str:
    return SAMPLES.get(kind or "number", "uptime")


def in_french(kind: str) -> str:
    text = sample(kind)
    return "disponibilité" if kind == "phrase" else NOTATION.number(text) if kind in {"", "amount"} else text


def test_no_sentence_stands_in_two_tables_with_two_meanings() -> None:
    pairs = [pair for table in TABLES.values() for pair in table.items()]

    assert len({english for english, _ in pairs}) == len(set(pairs))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("our fee", "nos frais"),
        (f"{SILENT} 45% of the balance is ours.", "Rien n'a été relayé en 14 jours. 45 % du solde est de notre côté."),
        ("A sentence nobody knows.", "A sentence nobody knows."),
        (f"{SILENT} A sentence nobody knows.", f"{SILENT} A sentence nobody knows."),
        ("", ""),
    ],
)
def test_a_text_is_translated_whole_or_not_at_all(english: str, french: str) -> None:
    assert said(english) == french
    assert said(english, lang="en") == english


def test_a_longer_sentence_goes_before_a_shorter_one_that_begins_alike() -> None:
    book = Phrasebook({"up {n}": "haut {n}", "up {n} in {days} days": "haut {n} en {days} jours"}, NOTATION)

    assert book.say("up 1,200 in 2 days; up 3.5.") == "haut 1\u202f200 en 2 jours ; haut 3,5."
    assert book.say("Up 3") == "Haut 3"


def test_the_numbers_of_french_texts_are_read_as_told() -> None:
    assert numbers_of("12\u202f000 sat, 3,5 ppm") == numbers_of("12,000 sat, 3.5 ppm")
