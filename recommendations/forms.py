"""What pages may be asked: search words, the channel table's order, the advice wanted, a graph file, a streamed card."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from models_registry.domain.query_types import QueryType
from recommendations.domain.advice import State

MAX_CARD_BYTES = 200_000  # a card with its evidence and citations is about 6 kB
GOALS = (
    ("balanced", "Balanced"),
    ("revenue", "Earn more"),
    ("stability", "Be stable"),
    ("quick_wins", "Quick wins"),
)
ANALYSES = (
    (QueryType.DETAILED, "Detailed"),
    (QueryType.QUICK, "Quick look"),
    (QueryType.STRATEGIC, "Strategic plan"),
    (QueryType.TROUBLESHOOTING, "Troubleshooting"),
)
STATE_WORDS = {
    State.GENERATED: "New",
    State.VIEWED: "Seen",
    State.APPLIED: "Applied",
    State.REJECTED: "Dismissed",
    State.EXPIRED: "Expired",
}
CHANNEL_ORDERS = ("alias", "capacity", "fee", "peer_fee", "base", "age", "local", "updated")


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=80, strip=True)


class AdviceForm(forms.Form):
    """Which advice is wanted."""

    analysis_type = forms.ChoiceField(choices=ANALYSES, initial=QueryType.DETAILED, label="Analysis")
    goal = forms.ChoiceField(choices=GOALS, initial="balanced", label="Goal")


class ChannelsForm(forms.Form):
    """How the channel table is shown. An unknown order or page falls back to the first instead of an error page."""

    q = forms.CharField(required=False, max_length=80, strip=True)
    sort = forms.CharField(required=False, max_length=12)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)
    live = forms.BooleanField(required=False)

    def clean_sort(self) -> str:
        wanted = str(self.cleaned_data["sort"])
        return wanted if wanted.removeprefix("-") in CHANNEL_ORDERS else "-capacity"


class InboxForm(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", "All"), *((s.value, w) for s, w in STATE_WORDS.items())])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)


class GraphUploadForm(forms.Form):
    """A graph file as LND or Core Lightning writes it; what is in it is judged by the import."""

    file = forms.FileField(label="Graph file", max_length=200)


class CardForm(forms.Form):
    """One streamed recommendation, sent back by the page to be laid out."""

    card = forms.JSONField()

    def clean_card(self) -> dict[str, Any]:
        card = self.cleaned_data["card"]
        if not isinstance(card, dict):
            raise forms.ValidationError("Expected one recommendation.")
        return card


def posted_json(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object a page posted, or None when it is none or too large."""
    if len(body) > MAX_CARD_BYTES:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
