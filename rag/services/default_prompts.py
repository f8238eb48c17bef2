"""The prompts as shipped in `rag/prompts/`. Rows afterwards: changed in the admin as new revisions."""

import re
from pathlib import Path

PROMPTS_DIR = Path(__file__).resolve().parent.parent / "prompts"
LANGUAGES = ("en", "fr")
TASK_HEADING = re.compile(r"^## (\w+)\n", re.MULTILINE)


def rows() -> tuple[tuple[str, str, str], ...]:
    """Return (purpose, language, text) of every shipped prompt: answers, advice by kind of question, rewriting."""
    found: list[tuple[str, str, str]] = []
    for lang in LANGUAGES:
        found.append(("answer", lang, _read("answer", lang)))
        base, *parts = TASK_HEADING.split(_read("advice", lang))
        for query_type, task in zip(parts[::2], parts[1::2], strict=True):
            found.append((f"advice:{query_type}", lang, f"{base.strip()}\n\n{task.strip()}"))
    found.append(("rewrite", "en", _read("rewrite", "en")))
    return tuple(found)


def _read(name: str, lang: str) -> str:
    return (PROMPTS_DIR / f"{name}.{lang}.md").read_text(encoding="utf-8").strip()
