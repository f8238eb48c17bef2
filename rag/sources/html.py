"""Read a web page: hidden elements are dropped and flagged, the rest becomes Markdown that is cut at its headings."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from rag.domain.documents import RawDocument
from rag.domain.errors import DocumentBroken, DocumentEmpty, DocumentTooLarge
from rag.domain.hidden import HIDING_STYLE
from rag.domain.language import language_of_document
from rag.sources.charset import decode
from rag.sources.html_markdown import to_markdown
from rag.sources.kinds import Kind
from rag.sources.texts import FLAG, first_heading, web_address

MOST_BYTES = 8 * 1024 * 1024
DEEPEST = 2_000  # open elements: the parser looks through them at every tag, so depth costs time squared
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
NOT_COUNTED = frozenset(  # closed by themselves
    [
        "p",
        "li",
        "td",
        "tr",
        "th",
        "dt",
        "dd",
        "option",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "col",
        "br",
        "hr",
        "img",
        "input",
        "meta",
        "link",
        "area",
        "base",
        "source",
        "track",
        "wbr",
        "embed",
        "param",
        "body",
        "html",
        "head",
    ]
)
SILENT = "script, style, link, meta, svg, math, iframe, object, embed, form, input, button, select, textarea, canvas"
AROUND = "nav, header nav, footer, aside, [role=navigation], [role=banner], [role=contentinfo], [role=search]"
UNSEEN = "[hidden], [aria-hidden=true i], [style], template, noscript"
STYLE_RULE = re.compile(r"([^{}]{1,400})\{([^{}]{0,2000})\}")
AT_RULE = re.compile(r"@[a-z-]{3,30}[^{};]{0,300}\{(?:[^{}]{0,2000}\{[^{}]{0,2000}\}){0,200}[^{}]{0,2000}\}")
SIMPLE_SELECTOR = re.compile(r"[a-zA-Z]{0,20}[.#][\w-]{1,80}")
MAIN_WORDS = 80  # of <main> or <article>: with fewer it is a frame around something else


def read_html(content: bytes, *, uid: str, origin: str = "", url: str = "", charset: str = "") -> RawDocument:
    """Return a web page as a document of Markdown.

    :raises DocumentInvalid: when it is too large, too deep, or holds no text.
    """
    if len(content) > MOST_BYTES:
        raise DocumentTooLarge(f"The page is larger than {MOST_BYTES >> 20} MB. Hand in its text.")
    declared = META_CHARSET.search(content[:2048])
    text = decode(content, declared=charset or (declared[1].decode("ascii") if declared else ""))
    if _depth(text) > DEEPEST:
        raise DocumentBroken(f"Its elements are nested more than {DEEPEST} deep. Save the page anew, or as text.")
    page = LexborHTMLParser(text)
    title, lang = _title(page), _lang(page)
    has_hidden = _drop_hidden(page)
    body = to_markdown(_main(page))
    if not body.strip():
        raise DocumentEmpty("The page shows no text of its own; it may be written by a script. Save it as text.")
    return RawDocument(
        uid=uid,
        title=(title or first_heading(body) or uid)[:300],
        content=body,
        lang=lang or language_of_document(body),
        origin=origin,
        url=web_address(url),
        media_type=Kind.HTML.value,
        flags=(FLAG,) if has_hidden else (),
    )


def _depth(text: str) -> int:
    """Return how deep the elements are nested at most, as far as tags tell."""
    depth = deepest = 0
    for closing, name in TAG.findall(text):
        if name.lower() not in NOT_COUNTED:
            depth = max(depth - 1, 0) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _title(page: LexborHTMLParser) -> str:
    node = page.css_first("title")
    return " ".join(node.text().split()) if node else ""


def _lang(page: LexborHTMLParser) -> str:
    """Return the language the page claims, when it is one of ours: many templates claim English whatever they hold."""
    root = page.css_first("html")
    claimed = ((root.attributes.get("lang") if root else "") or "").lower()[:2]
    return "fr" if claimed == "fr" else ""


def _drop_hidden(page: LexborHTMLParser) -> bool:
    """Remove what is not shown, and what is around the text; return whether something hidden had words."""
    selectors = _hidden_by_style(page)
    for node in page.css(SILENT):
        node.decompose()
    has_hidden = _drop_comments(page)
    for node in page.css(", ".join((UNSEEN, *selectors))):
        if _is_hidden(node, has_rule=any(node.css_matches(one) for one in selectors)):
            has_hidden = has_hidden or bool((node.text() or node.html or "").strip())
            node.decompose()
    for node in page.css(AROUND):
        node.decompose()
    return has_hidden


def _drop_comments(page: LexborHTMLParser) -> bool:
    root = page.root
    comments = [node for node in root.traverse(include_text=True) if node.is_comment_node] if root else []
    has_words = any(re.search(r"\w{2}", node.comment_content or "") for node in comments)
    for node in comments:
        node.remove()
    return has_words


def _is_hidden(node: LexborNode, *, has_rule: bool) -> bool:
    attributes = node.attributes
    if has_rule or node.tag in ("template", "noscript") or "hidden" in attributes:
        return True
    if (attributes.get("aria-hidden") or "").lower() == "true":
        return True
    return bool(HIDING_STYLE.search((attributes.get("style") or "")[:2000]))


def _hidden_by_style(page: LexborHTMLParser) -> tuple[str, ...]:
    """Return the plain class and id selectors that the page's own style sheets hide whatever the screen."""
    found: list[str] = []
    for node in page.css("style"):
        sheet = AT_RULE.sub("", (node.text() or "")[:100_000])
        for selectors, rules in STYLE_RULE.findall(sheet):
            if HIDING_STYLE.search(rules):
                names = (name.strip() for name in selectors.split(","))
                found += [name for name in names if SIMPLE_SELECTOR.fullmatch(name)]
    return tuple(dict.fromkeys(found))[:200]


def _main(page: LexborHTMLParser) -> LexborNode | None:
    """Return the element that holds the text: the page's main part where it names one."""
    for selector in ("main", "[role=main]", "article"):
        nodes = page.css(selector)
        if len(nodes) == 1 and len(nodes[0].text(separator=" ").split()) >= MAIN_WORDS:
            return nodes[0]
    return page.body
