"""The contract a model must keep when it writes advice, and what we believe of what it wrote. Pure.

The model chooses among findings the rules already made, orders them and explains them. It never supplies a number that
is not in the facts, a command, or a target: those come from the finding's typed action.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec

MOST_ITEMS = 6
LONGEST_TITLE = 160
LONGEST_TEXT = 1200
SCHEMA_ITEM_KEYS = ("finding", "title", "rationale", "evidence", "citations", "risk", "effort_hours")


class ItemOut(msgspec.Struct, forbid_unknown_fields=False):
    """One recommendation as the model writes it."""

    finding: str
    title: str
    rationale: str
    evidence: list[str] = []
    citations: list[int] = []
    risk: str = ""
    effort_hours: float | None = None


class AnalysisOut(msgspec.Struct):
    performance: str = ""
    strengths: list[str] = []
    weaknesses: list[str] = []


class AdviceOut(msgspec.Struct):
    """The whole answer as the model writes it."""

    summary: str
    recommendations: list[ItemOut]
    analysis: AnalysisOut = msgspec.field(default_factory=AnalysisOut)
    limits: list[str] = []


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """An item that names a real finding. Text that states an unknown number was left out (`dropped`)."""

    finding_key: str
    title: str | None
    rationale: str | None
    evidence: tuple[str, ...]
    citations: tuple[int, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What an item may refer to, and how its text is judged."""

    finding_keys: Set[str]
    evidence_ids: Set[str]
    citation_numbers: Set[int]
    is_grounded: Any  # Callable[[str], bool]: every number of the text is in the facts


@dataclass(slots=True)
class Tally:
    """Counts for the quality score, kept while items arrive."""

    offered: int = 0
    valid: int = 0
    texts: int = 0
    grounded_texts: int = 0
    references: int = 0
    resolved_references: int = 0
    seen: set[str] = field(default_factory=set)


def schema(finding_keys: Sequence[str]) -> dict[str, Any]:
    """Return the JSON schema that the host enforces; findings are an enumeration, so an invented one cannot be said."""
    text = {"type": "string"}
    item = {
        "type": "object",
        "properties": {
            "finding": {"type": "string", "enum": list(finding_keys)},
            "title": text,
            "rationale": text,
            "evidence": {"type": "array", "items": text},
            "citations": {"type": "array", "items": {"type": "integer"}},
            "risk": {"type": "string", "enum": ["minimal", "low", "medium", "high", "critical"]},
            "effort_hours": {"type": "number"},
        },
        "required": ["finding", "title", "rationale", "evidence"],
    }
    analysis = {
        "type": "object",
        "properties": {
            "performance": text,
            "strengths": {"type": "array", "items": text},
            "weaknesses": {"type": "array", "items": text},
        },
        "required": ["performance"],
    }
    return {
        "type": "object",
        "properties": {
            "summary": text,
            "analysis": analysis,
            "recommendations": {"type": "array", "items": item, "minItems": 1, "maxItems": MOST_ITEMS},
            "limits": {"type": "array", "items": text},
        },
        "required": ["summary", "recommendations"],
    }


def check_item(raw: Mapping[str, Any], known: Known, tally: Tally) -> CheckedItem | None:
    """Return what may be shown of one item, or None when it names no finding, or one already named."""
    tally.offered += 1
    try:
        item = msgspec.convert(raw, ItemOut, strict=False)
    except msgspec.ValidationError:
        return None
    key = _finding_key(item, known)
    if key is None or key in tally.seen:
        return None
    tally.seen.add(key)
    tally.valid += 1
    evidence = tuple(identity for identity in item.evidence if identity in known.evidence_ids)
    numbers = tuple(dict.fromkeys(item.citations))
    citations = tuple(number for number in numbers if number in known.citation_numbers)
    tally.references += len(item.evidence) + len(numbers)
    tally.resolved_references += len(evidence) + len(citations)
    title, rationale = (_believed(text, limit, known, tally) for text, limit in _texts(item))
    dropped = tuple(name for name, text in (("title", title), ("rationale", rationale)) if text is None)
    return CheckedItem(key, title, rationale, evidence, citations, dropped)


def check_text(text: str, known: Known, tally: Tally) -> str | None:
    """Return the text when every number in it is known, else None; counted either way."""
    return _believed(text, LONGEST_TEXT, known, tally)


def parse(text: str) -> AdviceOut | None:
    """Return the whole document, or None when it does not keep the contract."""
    try:
        return msgspec.json.decode(text.encode(), type=AdviceOut, strict=False)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _texts(item: ItemOut) -> tuple[tuple[str, int], tuple[str, int]]:
    return (item.title, LONGEST_TITLE), (item.rationale, LONGEST_TEXT)


def _finding_key(item: ItemOut, known: Known) -> str | None:
    if item.finding in known.finding_keys:
        return item.finding
    owners = (identity.rsplit(":", 1)[0] for identity in item.evidence if identity in known.evidence_ids)
    return next((owner for owner in owners if owner in known.finding_keys), None)


def _believed(text: str, limit: int, known: Known, tally: Tally) -> str | None:
    cleaned = " ".join(text.split())
    if not cleaned:
        return None
    tally.texts += 1
    if len(cleaned) > limit or not known.is_grounded(cleaned):
        return None
    tally.grounded_texts += 1
    return cleaned
