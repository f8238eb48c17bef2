"""Which words a model gets: the active revision of a purpose, and making another one active."""

from dataclasses import dataclass

from django.db import transaction

from rag.domain.errors import PromptMissing
from rag.models import PromptRevision

ANSWER_PURPOSE = "answer"


@dataclass(frozen=True, slots=True)
class ActivePrompt:
    """The words in use, and the revision they come from, for the ledger."""

    revision_id: int
    purpose: str
    lang: str
    text: str


def active_prompt(purpose: str, lang: str, *, revision_id: int | None = None) -> ActivePrompt:
    """Return the active words for `purpose` in `lang`, or in English where that language has none.

    A revision named by a rollout speaks in their place where it is of that very purpose and language.

    :raises PromptMissing: when neither has one.
    """
    if revision_id is not None:
        tried = PromptRevision.objects.filter(pk=revision_id, purpose=purpose, lang=lang).first()
        if tried is not None:
            return ActivePrompt(tried.pk, tried.purpose, tried.lang, tried.text)
    rows = PromptRevision.objects.filter(purpose=purpose, lang__in={lang, "en"}, is_active=True)
    by_lang = {row.lang: row for row in rows}
    found = by_lang.get(lang) or by_lang.get("en")
    if found is None:
        raise PromptMissing(f"No prompt is active for {purpose}. Activate one in the admin under Prompt revisions.")
    return ActivePrompt(found.pk, found.purpose, found.lang, found.text)


@transaction.atomic
def activate(revision: PromptRevision) -> None:
    """Make `revision` the one in use for its purpose and language; the others stay as history."""
    rows = PromptRevision.objects.select_for_update().filter(purpose=revision.purpose, lang=revision.lang)
    rows.filter(is_active=True).exclude(pk=revision.pk).update(is_active=False)
    rows.filter(pk=revision.pk).update(is_active=True)
    revision.is_active = True
