"""What pages may be asked: search words, the table's order, the advice wanted, a graph file, a card to lay out."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.http import urlencode

from models_registry.domain.query_types import QueryType
from recommendations.domain.advice import State
from recommendations.domain.card_shape import shaped
from recommendations.domain.channel_table import DEFAULT_SORT, SORTS, Column

MOST_BYTES = 400_000  # a card with its evidence and citations is about 8 kB
GOALS = (
    ("balanced", "Balanced"),
    ("revenue", "Earn more"),
    ("stability", "Be stable"),
    ("quick_wins", "Quick wins"),
)
ANALYSES = (
    (QueryType.DETAILED.value, "Detailed"),
    (QueryType.QUICK.value, "Quick look"),
    (QueryType.STRATEGIC.value, "Strategic plan"),
    (QueryType.TROUBLESHOOTING.value, "Troubleshooting"),
)
STATE_WORDS = {
    State.GENERATED: "New",
    State.VIEWED: "Seen",
    State.APPLIED: "Applied",
    State.REJECTED: "Dismissed",
    State.EXPIRED: "Expired",
}


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=80, strip=True)

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q") or "")


class AdviceForm(forms.Form):
    """Which advice is wanted."""

    analysis_type = forms.ChoiceField(choices=ANALYSES, initial=QueryType.DETAILED.value)
    goal = forms.ChoiceField(choices=GOALS, initial="balanced")


class ChannelsForm(forms.Form):
    """How the channel table is shown. An unknown order or page falls back to the first: a link must not break."""

    q = forms.CharField(required=False, max_length=80, strip=True)
    sort = forms.CharField(required=False, max_length=12)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)
    live = forms.BooleanField(required=False)
    peers = forms.BooleanField(required=False)

    def clean_sort(self) -> str:
        wanted = str(self.cleaned_data["sort"])
        return wanted if wanted.removeprefix("-") in SORTS else DEFAULT_SORT

    @property
    def words(self) -> dict[str, Any]:
        """Return what is asked for, with a default for whatever is missing or wrong."""
        asked = self.cleaned_data if self.is_bound else {}
        return {
            "q": asked.get("q") or "",
            "sort": asked.get("sort") or DEFAULT_SORT,
            "page": asked.get("page") or 1,
            "live": bool(asked.get("live")),
            "peers": bool(asked.get("peers")),
        }


class InboxForm(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", "All"), *((s.value, w) for s, w in STATE_WORDS.items())])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)


class GraphUploadForm(forms.Form):
    """A graph file as LND or Core Lightning writes it; what is in it is judged by the import."""

    file = forms.FileField(max_length=200, error_messages={"required": "Choose a graph file first."})


def posted_object(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that a page posted, or None when it is none or too large."""
    if len(body) > MOST_BYTES:
        return None
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def posted_card(body: bytes) -> Mapping[str, Any] | None:
    """Return the streamed recommendation that a page posted, or None when it is none or its id is no id."""
    card = posted_object(body)
    try:
        return card and {**shaped(card), "id": str(UUID(str(card.get("id"))))}
    except ValueError:
        return None


def heading(column: Column, words: Mapping[str, Any]) -> dict[str, str]:
    """Return a heading of the channel table: its words, and the link that orders by it, or the other way round."""
    css = " ".join(
        name for name, applies in (("number", column.is_number), ("sticky", column.label == "Peer")) if applies
    )
    if column.sort is None:
        return {"label": column.label, "css": css, "help": column.help}
    is_current, is_descending = words["sort"].removeprefix("-") == column.sort, words["sort"].startswith("-")
    wanted = column.sort if is_current and is_descending else f"-{column.sort}"
    direction = ("descending" if is_descending else "ascending") if is_current else ""
    href = f"?{link({**words, 'page': None, 'sort': wanted})}"
    return {"label": column.label, "css": css, "href": href, "direction": direction, "help": column.help}


def link(words: Mapping[str, Any]) -> str:
    """Return what is asked of the table as a query string, without what is at its default."""
    kept = {name: value for name, value in words.items() if value not in (None, "", False)}
    return urlencode({name: 1 if value is True else value for name, value in kept.items()})
