"""What a reader may ask the library, and how an answer that was streamed to a page comes back to be laid out."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from rag.services.answer import LONGEST_QUESTION, SHORTEST_QUESTION

MOST_BYTES = 400_000  # an answer with twenty long quotes stays far below


class QuestionForm(forms.Form):
    question = forms.CharField(
        min_length=SHORTEST_QUESTION,
        max_length=LONGEST_QUESTION,
        strip=True,
        error_messages={"required": "Type a question first."},
    )
    node = forms.RegexField(r"^0[23][0-9a-f]{64}$", required=False)


class LibraryForm(forms.Form):
    """What of the library is shown. A page that does not exist falls back to the first."""

    q = forms.CharField(required=False, max_length=200, strip=True)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q") or "")

    @property
    def number(self) -> int:
        return int(self.cleaned_data.get("page") or 1)


def posted_object(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that a page posted, or None when it is none or too large."""
    if len(body) > MOST_BYTES:
        return None
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
