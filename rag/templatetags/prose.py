"""Turn documents and answers into safe HTML. Markdown comes from strangers too, so the sanitizer has the final word."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import nh3
from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

register = template.Library()

MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").enable("strikethrough")
BLOCKS = {"p", "ul", "ol", "li", "pre", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "hr", "br"}
TAGS = {"h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "a"} | BLOCKS
ATTRIBUTES = {"a": {"href", "title"}, **{f"h{level}": {"id"} for level in range(1, 7)}}
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
CITATION_MARK = re.compile(r"\[(\d{1,2})\]")
CHECK_MARK = re.compile("\ue000(\\d{1,3})\ue001")
PRIVATE_USE = re.compile("[\ue000\ue001]")


@register.filter
def markdown(text: str) -> SafeString:
    """Return the document as HTML whose headings carry anchors, so that a citation can point at its section."""
    tokens = MARKDOWN.parse(FRONT_MATTER.sub("", text or ""))
    anchor_headings(tokens)
    return sanitized(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


@register.filter
def anchor(breadcrumb: str) -> str:
    """Return the anchor of the section a breadcrumb ends in."""
    return heading_id(re.split(r"\s[>›/]\s", breadcrumb or "")[-1])


@register.simple_tag
def cited(text: str, prefix: str, checks: Sequence[Mapping[str, Any]] = ()) -> SafeString:
    """Return an answer as HTML in which [n] links to the citation s-`prefix`-n below it.

    Behind a sentence that was found wanting stands a mark, which links to c-`prefix`-n. No other link or image of the
    answer is rendered: its words may be a model's.
    """
    rendered = MARKDOWN.render(_with_marks(PRIVATE_USE.sub("", text or ""), checks or ()))
    html = nh3.clean(rendered, tags=TAGS - {"a"}, attributes={}, url_schemes=set())
    name = escape(prefix)
    link = rf'<a class="cite" href="#s-{name}-\1" title="Source \1">[\1]</a>'
    sign = r'<span aria-hidden="true">?</span><span class="visually-hidden">Check \1</span>'
    mark = rf'<a class="check-mark" href="#c-{name}-\1" title="Not sure: see check \1">{sign}</a>'
    return mark_safe(CHECK_MARK.sub(mark, CITATION_MARK.sub(link, html)))  # noqa: S308 - sanitized; marks are digits


def _with_marks(text: str, checks: Sequence[Mapping[str, Any]]) -> str:
    """Return the answer's Markdown with a sign behind each sentence that a check is about, numbered from 1."""
    places = [(one.get("end"), number) for number, one in enumerate(checks, start=1)]
    known = [(end, number) for end, number in places if isinstance(end, int) and 0 < end <= len(text)]
    for end, number in sorted(known, reverse=True):
        text = f"{text[:end]}\ue000{number}\ue001{text[end:]}"
    return text


@register.filter
def link_of(citation: Mapping[str, Any]) -> SafeString:
    """Return the address of a citation: its passage or section in our library, else where the document came from."""
    chunk, document = citation.get("chunk_id"), citation.get("document_id")
    if isinstance(chunk, int):
        return format_html("{}", reverse("rag:passage", args=[chunk]))
    if isinstance(document, int):
        return format_html("/library/{}/#{}", document, anchor(str(citation.get("breadcrumb") or "")))
    url = str(citation.get("url") or "")
    return format_html("{}", url if url.startswith(("https://", "http://", "/library/")) else "")


def heading_id(title: str) -> str:
    """Return the anchor of a heading."""
    return slugify(title) or "section"


def anchor_headings(tokens: list[Token]) -> None:
    """Give each heading an id that no other heading of the text has."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        name = heading_id(inline.content)
        seen[name] = seen.get(name, 0) + 1
        opening.attrSet("id", name if seen[name] == 1 else f"{name}-{seen[name]}")


def sanitized(html: str) -> SafeString:
    """Return only what is on our lists of tags, attributes and schemes."""
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https"}, link_rel="noopener nofollow"
    )
    return mark_safe(clean)  # noqa: S308 - nh3 removed everything that is not on the list
