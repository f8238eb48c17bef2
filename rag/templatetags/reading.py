"""Lay out a text with one passage of it highlighted; works without scripts, by the address alone."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from rag.domain.flag_words import flag_words
from rag.domain.reading import Part
from rag.templatetags.prose import FRONT_MATTER, MARKDOWN, anchor_headings, sanitized

register = template.Library()
register.filter("flag_words", flag_words)


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under this key, nothing when there is none."""
    return mapping.get(key, "") if isinstance(mapping, Mapping) else ""


@register.filter
def last_step(breadcrumb: str) -> str:
    """Return the end of the way down to a section."""
    return breadcrumb.rsplit(" > ", 1)[-1]


@register.simple_tag
def text_part(part: Part, passage_id: int | None = None) -> SafeString:
    """Return a part of a document as HTML, its marked blocks in a section with the id `passage-<id>`."""
    text, mark = _without_front_matter(part)
    tokens = MARKDOWN.parse(text)
    anchor_headings(tokens)
    if mark is None or passage_id is None:
        return _rendered(tokens)
    first, latest = text.count("\n", 0, mark[0]), text.count("\n", 0, max(mark[1] - 1, mark[0]))
    before, inside, after = _split(tokens, first=first, latest=latest)
    return format_html(
        '{}<section class="passage" id="passage-{}" tabindex="-1" aria-label="The cited passage">{}</section>{}',
        _rendered(before),
        passage_id,
        _rendered(inside),
        _rendered(after),
    )


def _without_front_matter(part: Part) -> tuple[str, tuple[int, int] | None]:
    found = FRONT_MATTER.match(part.text) if part.number == 1 else None
    cut = found.end() if found else 0
    if part.marked is None or part.marked[0] < cut:
        return part.text[cut:], None
    return part.text[cut:], (part.marked[0] - cut, part.marked[1] - cut)


def _split(tokens: list[Token], *, first: int, latest: int) -> tuple[list[Token], list[Token], list[Token]]:
    """Part the tokens into the blocks before the lines `first` to `latest`, those with one of them, and the others."""
    groups: tuple[list[Token], list[Token], list[Token]] = ([], [], [])
    chosen = groups[0]
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and token.map:
            begins, ends = token.map
            chosen = groups[0 if ends <= first else 2 if begins > latest else 1]
        chosen.append(token)
    return groups


def _rendered(tokens: list[Token]) -> SafeString:
    return sanitized(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})) if tokens else mark_safe("")
