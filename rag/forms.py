"""What a reader may ask and hand in, and how an answer that was streamed to a page comes back to be laid out."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.utils.http import urlencode

from rag.domain.audience import Audience
from rag.services.answer import LONGEST_QUESTION, SHORTEST_QUESTION

MOST_BYTES = 400_000  # an answer with twenty long quotes stays far below
MOST_ADDRESSES = 50  # in one go
LANGUAGES = {"en": "English", "fr": "French"}
AUDIENCES = {
    Audience.OWNER: "Only me",
    Audience.SIGNED_IN: "Everyone signed in",
    Audience.EVERYBODY: "Everyone, also without signing in",
}


class QuestionForm(forms.Form):
    question = forms.CharField(
        min_length=SHORTEST_QUESTION,
        max_length=LONGEST_QUESTION,
        strip=True,
        error_messages={"required": "Type a question first."},
    )
    node = forms.RegexField(r"^0[23][0-9a-f]{64}$", required=False)
    conversation = forms.UUIDField(required=False)


class TitleForm(forms.Form):
    title = forms.CharField(max_length=120, strip=True)


class LibraryForm(forms.Form):
    """What of the library is shown. What does not exist falls back to everything: a link must not break."""

    q = forms.CharField(required=False, max_length=200, strip=True)
    source = forms.CharField(required=False, max_length=50, validators=[validate_slug])
    lang = forms.ChoiceField(required=False, choices=[("", "Every language"), *LANGUAGES.items()])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q") or "")

    @property
    def source_slug(self) -> str:
        return str(self.cleaned_data.get("source") or "")

    @property
    def language(self) -> str:
        return str(self.cleaned_data.get("lang") or "")

    @property
    def number(self) -> int:
        return int(self.cleaned_data.get("page") or 1)

    @property
    def keep(self) -> str:
        """Return the filter as the beginning of a link's query."""
        named = {name: self.cleaned_data.get(name) for name in ("q", "source", "lang")}
        kept = urlencode({name: value for name, value in named.items() if value})
        return f"{kept}&" if kept else ""


class PlaceForm(forms.Form):
    """Where documents go: into a source there is, or into a new one with its name and its readers."""

    source = forms.CharField(required=False, max_length=50, validators=[validate_slug])
    name = forms.CharField(required=False, max_length=120, strip=True)
    audience = forms.ChoiceField(required=False, choices=[(one.value, words) for one, words in AUDIENCES.items()])

    @property
    def audience_wanted(self) -> Audience:
        return Audience(self.cleaned_data.get("audience") or Audience.OWNER)


class AddressesForm(PlaceForm):
    """Web addresses to read, one a line."""

    addresses = forms.CharField(max_length=20_000, error_messages={"required": "Type an address first, one a line."})

    def clean_addresses(self) -> tuple[str, ...]:
        """Return the addresses; whether each may be read is judged when it is."""
        lines = (line.strip() for line in self.cleaned_data["addresses"].splitlines())
        found = tuple(dict.fromkeys(line for line in lines if line))
        if len(found) > MOST_ADDRESSES:
            raise forms.ValidationError(f"At most {MOST_ADDRESSES} addresses at once: add the others afterwards.")
        wrong = next((line for line in found if not line.lower().startswith(("https://", "http://"))), None)
        if wrong:
            raise forms.ValidationError(f"“{wrong[:80]}” is no web address: it begins with https:// or http://.")
        return found


class PassageForm(forms.Form):
    """Which passage of a document is pointed at, or which part of a long one is read."""

    passage = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    part = forms.IntegerField(required=False, min_value=1, max_value=100_000)


def posted_object(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that a page posted, or None when it is none or too large."""
    if len(body) > MOST_BYTES:
        return None
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
