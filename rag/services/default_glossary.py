"""The glossary as shipped in `rag/glossary/`: French words and abbreviations in English. Rows afterwards."""

from pathlib import Path

GLOSSARY_DIR = Path(__file__).resolve().parent.parent / "glossary"
LANGUAGES = ("fr", "en")


def rows() -> tuple[tuple[str, str, str], ...]:
    """Return (term, language of the term, expansion) of every shipped entry; a line is "term: expansion"."""
    found = []
    for lang in LANGUAGES:
        for line in (GLOSSARY_DIR / f"{lang}.txt").read_text(encoding="utf-8").splitlines():
            term, _, expansion = line.partition(":")
            found.append((term.strip(), lang, expansion.strip()))
    return tuple(found)
