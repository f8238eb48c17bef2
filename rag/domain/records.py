"""Write values from JSON out as text that reads well, and make them fit to store. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rag.domain.hygiene import strip_invisible

DEEPEST = 20  # levels of nesting that are written out
MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138


def readable(value: Any) -> str:
    """Return `value` as Markdown: a section per field at the top, lists below; nothing for what is empty."""
    if isinstance(value, Mapping):
        parts = [_section(str(name), within) for name, within in value.items()]
        return "\n\n".join(part for part in parts if part)
    return "\n".join(_lines(value, indent=0))


def storable(value: Any) -> Any:
    """Return `value` without signs in its texts that PostgreSQL refuses or nobody sees."""
    if isinstance(value, Mapping):
        return {strip_invisible(str(name)): storable(within) for name, within in value.items()}
    if isinstance(value, list):
        return [storable(within) for within in value]
    return strip_invisible(value) if isinstance(value, str) else value


def date_of(moment: float) -> str | None:
    """Return the ISO date of a Unix time in seconds or milliseconds, None when it is none."""
    seconds = moment / 1000 if moment > MILLISECONDS_FROM else moment
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return None


def _section(name: str, value: Any) -> str:
    lines = list(_lines(value, indent=0))
    if not lines:
        return ""
    if not isinstance(value, Mapping | list):
        return f"{name}: {lines[0].removeprefix('- ')}"
    return f"## {' '.join(name.split())}\n\n" + "\n".join(lines)


def _lines(value: Any, *, indent: int) -> Iterator[str]:
    mark = f"{'  ' * indent}- "
    if indent > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, within in value.items():
            yield from _named(str(name), within, indent=indent, mark=mark)
    elif isinstance(value, list):
        for within in value:
            yield from _listed(within, indent=indent, mark=mark)
    elif (words := _scalar(value)) is not None:
        yield f"{mark}{words}"


def _named(name: str, value: Any, *, indent: int, mark: str) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        within = list(_lines(value, indent=indent + 1))
        if within:
            yield f"{mark}{name}:"
            yield from within
    elif (words := _scalar(value)) is not None:
        yield f"{mark}{name}: {words}"


def _listed(value: Any, *, indent: int, mark: str) -> Iterator[str]:
    """Yield a flat record on one line, anything deeper below a line of its own."""
    if isinstance(value, Mapping) and not any(isinstance(within, Mapping | list) for within in value.values()):
        pairs = ((str(name), _scalar(within)) for name, within in value.items())
        told = "; ".join(f"{name}: {words}" for name, words in pairs if words is not None)
        if told:
            yield f"{mark}{told}"
        return
    yield from _lines(value, indent=indent if not isinstance(value, Mapping | list) else indent + 1)


def _scalar(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())
