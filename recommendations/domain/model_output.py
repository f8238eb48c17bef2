"""The contract a model must keep when it writes advice, and what we believe of what it wrote. Pure.

The model chooses among findings the rules already made, orders them and explains them. It never supplies a number that
is not in the facts, a command, or a target: those come from the finding's typed action.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from recommendations.domain.shapes import Part, Shape
from recommendations.domain.wording import acts_in

MOST_REFERENCES = 8  # of evidence or of passages, in one item
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


class AdviceOut(msgspec.Struct):
    """The whole answer as the model writes it. Items are judged one by one; the analysis by what was asked."""

    summary: str
    recommendations: list[Any]
    analysis: Any = None


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
    """What an item may refer to, and how its text is judged.

    `acts_by_finding` names what each finding itself advises to close, open or send: no other text may speak of it.
    """

    finding_keys: Collection[str]
    evidence_ids: Collection[str]
    citation_numbers: Collection[int]
    is_grounded: Callable[[str], bool]  # every number, name and citation of the text is accounted for
    acts_by_finding: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def allows(self, text: str, *, finding: str | None) -> bool:
        """Whether the acts a text speaks of are those of its finding; without one, those of any finding."""
        named = self.acts_by_finding.get(finding, frozenset()) if finding else self._every_act
        return acts_in(text) <= named

    @property
    def _every_act(self) -> frozenset[str]:
        return frozenset[str]().union(*self.acts_by_finding.values())


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


def schema(known: Known, shape: Shape) -> dict[str, Any]:
    """Return the JSON schema that the host enforces.

    Findings, evidence and citations are enumerations: a host that keeps the schema cannot say an invented one.
    """
    text = {"type": "string"}
    item = {
        "type": "object",
        "properties": {
            "finding": {"type": "string", "enum": list(known.finding_keys)},
            "title": text,
            "rationale": text,
            "evidence": _chosen_from("string", known.evidence_ids),
            "citations": _chosen_from("integer", known.citation_numbers),
            "risk": {"type": "string", "enum": ["minimal", "low", "medium", "high", "critical"]},
            "effort_hours": {"type": "number"},
        },
        "required": ["finding", "title", "rationale", "evidence"],
    }
    return {
        "type": "object",
        "properties": {
            "summary": text,
            "analysis": shape.schema(),
            "recommendations": {"type": "array", "items": item, "minItems": 1, "maxItems": shape.most_chosen},
        },
        "required": ["summary", "recommendations"],
    }


def _chosen_from(kind: str, values: Collection[str] | Collection[int]) -> dict[str, Any]:
    """Return the schema of a list of these values; of none it stays empty."""
    if not values:
        return {"type": "array", "items": {"type": kind}, "maxItems": 0}
    return {"type": "array", "items": {"type": kind, "enum": list(values)}, "maxItems": MOST_REFERENCES}


def check_item(raw: Mapping[str, Any], known: Known, tally: Tally) -> CheckedItem | None:
    """Return what may be shown of one item, or None when it names no finding, or one already named."""
    tally.offered += 1
    try:
        item = msgspec.convert(raw, ItemOut, strict=False)
    except (msgspec.ValidationError, RecursionError):
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
    title, rationale = (_believed(text, limit, known, tally, finding=key) for text, limit in _texts(item))
    dropped = tuple(name for name, text in (("title", title), ("rationale", rationale)) if text is None)
    return CheckedItem(key, title, rationale, evidence, citations, dropped)


def check_text(text: str, known: Known, tally: Tally) -> str | None:
    """Return the text when every number in it is known, else None; counted either way."""
    return _believed(text, LONGEST_TEXT, known, tally, finding=None)


def check_analysis(raw: object, shape: Shape, known: Known, tally: Tally) -> dict[str, Any]:
    """Return the parts of an analysis that may be shown; one that is missing or not believed is left out."""
    given = raw if isinstance(raw, Mapping) else {}
    found = {part.name: _checked_part(given.get(part.name), part, known, tally) for part in shape.spoken}
    return {name: value for name, value in found.items() if value}


def _checked_part(value: Any, part: Part, known: Known, tally: Tally) -> str | list[str] | None:
    if not part.is_list:
        return check_text(value, known, tally) if isinstance(value, str) else None
    given = value if isinstance(value, list) else []
    texts = (check_text(one, known, tally) for one in given[: part.most] if isinstance(one, str))
    kept = list(dict.fromkeys(text for text in texts if text))
    return kept if len(kept) >= part.least else None


def parse(text: str) -> AdviceOut | None:
    """Return the whole document, or None when it does not keep the contract."""
    try:
        return msgspec.json.decode(text.encode(), type=AdviceOut, strict=False)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _texts(item: ItemOut) -> tuple[tuple[str, int], tuple[str, int]]:
    return (item.title, LONGEST_TITLE), (item.rationale, LONGEST_TEXT)


def _finding_key(item: ItemOut, known: Known) -> str | None:
    if item.finding in known.finding_keys:
        return item.finding
    owners = (identity.rsplit(":", 1)[0] for identity in item.evidence if identity in known.evidence_ids)
    return next((owner for owner in owners if owner in known.finding_keys), None)


def _believed(text: str, limit: int, known: Known, tally: Tally, *, finding: str | None) -> str | None:
    cleaned = " ".join(text.split())
    if not cleaned:
        return None
    tally.texts += 1
    if len(cleaned) > limit or not known.is_grounded(cleaned) or not known.allows(cleaned, finding=finding):
        return None
    tally.grounded_texts += 1
    return cleaned
