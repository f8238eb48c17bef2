"""What the services themselves say of an answer, and what they call its sources, has its French."""

import pytest

from recommendations.domain.french import BOOK, said
from recommendations.services import analyze, recommend, snapshot, store, voice

NOTES = (
    voice.READING,
    voice.WRITING,
    voice.NO_MODEL_NOTE,
    voice.INTERRUPTED,
    voice.RETRYING,
    voice.CUT,
    voice.INVALID,
    voice.BUSY_NOTE.format(when="a little later"),
    voice.BUSY_NOTE.format(when="in about 12 s"),
    recommend.STOPPED_NOTE,
    analyze.UNFOUNDED_NOTE,
    store.LOW_QUALITY_NOTE.format(score=0.5, least=0.75),
)
SOURCES = (*snapshot.KIND_WORDS.values(), "imported files", "graph snapshot 2026-03-02", "demo network statistics")


@pytest.mark.parametrize("text", [*NOTES, *SOURCES])
def test_every_note_and_source_has_its_french(text: str) -> None:
    assert BOOK.say(text) not in (None, text)
    assert said(text, lang="en") == text


def test_a_busy_model_is_told_with_its_wait() -> None:
    assert said(voice.BUSY_NOTE.format(when="in about 12 s")).endswith("Demander de nouveau dans 12 s environ.")
