"""Tell whether a passage stands where a judge said the answer is. Pure.

A passage lies in a section when its breadcrumb contains the section's headings one after the other, or when the section
was small and was joined to the passage of its parent or sibling, which then holds its heading as a line of its own.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import PurePosixPath

from rag.domain.chunking import BREADCRUMB_LIMIT, BREADCRUMB_SEPARATOR
from rag.domain.evaluation_questions import Place
from rag.domain.markdown import plain_heading

Matches = Callable[[str, str], bool]  # (pattern, text)

CUT = "…"
QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
MARKUP = re.compile(r"[*_\\#]")


def holds_answer(breadcrumb: str, text: str, *, place: Place, matches: Matches) -> bool:
    """Tell whether a passage of the place's document lies in its section and matches what it must."""
    if place.heading and not lies_in(breadcrumb, text, heading=place.heading):
        return False
    return not place.must or matches(place.must, text)


def lies_in(breadcrumb: str, text: str, *, heading: str) -> bool:
    """Tell whether a passage with this breadcrumb and text belongs to the section below `heading`."""
    crumbs, wanted = steps_of(breadcrumb), steps_of(heading)
    if not wanted:
        return True
    if _contains(crumbs, wanted) or _contains_cut(crumbs, wanted):
        return True
    return _is_parent_or_sibling(crumbs, wanted) and wanted[-1] in {normalized(line) for line in text.split("\n")}


def steps_of(breadcrumb: str) -> tuple[str, ...]:
    """Return the headings of a breadcrumb, top down, as they are compared; each once, as in passages."""
    steps = (normalized(step) for step in breadcrumb.split(BREADCRUMB_SEPARATOR))
    return tuple(dict.fromkeys(step for step in steps if step))


def normalized(heading: str) -> str:
    """Return a heading without markup, case, doubled spaces and closing signs."""
    plain = MARKUP.sub("", plain_heading(heading)).translate(QUOTES)
    return " ".join(plain.casefold().split()).rstrip(" :.")


def resolve(path: str, *, uids: Collection[str]) -> str | None:
    """Return the uid of the document that `path` means: the same, or the one that shares the longest end with it.

    One must end with the whole of the other: a corpus may be named from its own folder or from the one above. None when
    there is no such document, or more than one as near.
    """
    wanted = PurePosixPath(path.replace("\\", "/")).parts
    wanted = tuple(part for part in wanted if part not in (".", "/"))
    if "/".join(wanted) in uids:
        return "/".join(wanted)
    ends = [uid for uid in uids if _ends_alike(PurePosixPath(uid).parts, wanted)]
    if not ends:
        return None
    longest = max(min(len(PurePosixPath(uid).parts), len(wanted)) for uid in ends)
    nearest = [uid for uid in ends if min(len(PurePosixPath(uid).parts), len(wanted)) == longest]
    return nearest[0] if len(nearest) == 1 else None


def resolve_all(paths: Iterable[str], *, uids: Collection[str]) -> dict[str, str | None]:
    """Return for each path the uid it means; see `resolve`."""
    known = frozenset(uids)
    return {path: resolve(path, uids=known) for path in dict.fromkeys(paths)}


def _ends_alike(first: Sequence[str], second: Sequence[str]) -> bool:
    common = min(len(first), len(second))
    return common > 0 and tuple(first[-common:]) == tuple(second[-common:])


def _same(crumb: str, step: str) -> bool:
    """Tell whether two headings are one; a long heading is cut in a breadcrumb."""
    if crumb.endswith(CUT):
        return step.startswith(crumb.removesuffix(CUT))
    return crumb == step or (step.endswith(CUT) and crumb.startswith(step.removesuffix(CUT)))


def _contains(crumbs: Sequence[str], wanted: Sequence[str]) -> bool:
    starts = range(len(crumbs) - len(wanted) + 1)
    return any(all(map(_same, crumbs[at:], wanted)) for at in starts)


def _contains_cut(crumbs: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether the breadcrumb ends in the section, and lacks of the headings above it only what had no room."""
    if not crumbs or not _same(crumbs[-1], wanted[-1]):
        return False
    lacking = [step for step in wanted if not any(_same(crumb, step) for crumb in crumbs)]
    whole = BREADCRUMB_SEPARATOR.join((*crumbs, *lacking))
    return bool(lacking) and len(whole) > BREADCRUMB_LIMIT


def _is_parent_or_sibling(crumbs: Sequence[str], wanted: Sequence[str]) -> bool:
    above = wanted[:-1]
    if not above:
        return True
    return any(_contains(crumbs, above[:length]) for length in range(1, len(above) + 1))
