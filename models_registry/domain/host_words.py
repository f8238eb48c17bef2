"""The words a host understands: durations and the names of models. Pure."""

import re

LIFETIME = re.compile(r"0|-?(\d+(\.\d+)?(ms|s|m|h))+", re.ASCII)  # as Ollama reads a text; it needs the unit
FULL_TAG = re.compile(r"[a-z0-9][\w.-]*(/[\w.-]+){0,3}:\w[\w.-]*", re.ASCII | re.IGNORECASE)
MOVING = ":latest"


def is_lifetime(text: str) -> bool:
    """Return whether Ollama reads this as a duration: 30m, 1h30m, 0, or below zero for ever."""
    return LIFETIME.fullmatch(text) is not None


def is_moving(name: str) -> bool:
    """Return whether a name ends in `:latest`, which means another model every month (SE-08)."""
    return name.strip().lower().endswith(MOVING)


def is_full_tag(name: str) -> bool:
    """Return whether a name has a tag that stays what it is, such as llama3:8b-instruct."""
    return FULL_TAG.fullmatch(name) is not None and not is_moving(name)
