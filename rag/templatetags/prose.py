"""Turn documents and answers into safe HTML. Markdown comes from strangers too, so the sanitizer has the final word."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import nh3
from django import template
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
def cited(text: str, prefix: str) -> SafeString:
    """Return an answer as HTML in which [n] links to the citation s-`prefix`-n below it."""
    html = sanitized(MARKDOWN.render(text or ""))
    link = rf'<a class="cite" href="#s-{escape(prefix)}-\1" title="Source \1">[\1]</a>'
    return mark_safe(CITATION_MARK.sub(link, html))  # noqa: S308 - sanitized above; the marks are digits


@register.filter
def link_of(citation: Mapping[str, Any]) -> SafeString:
    """Return the address of a citation: the section in our library, else where the document came from."""
    document = citation.get("document_id")
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
