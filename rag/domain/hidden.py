"""Take out of Markdown what a browser would not show but a model would read: comments, hidden elements. Pure."""

import re

MOST_HIDDEN = 20_000  # characters of one hidden element that is not closed as it should be
FENCED = re.compile(r"^(?P<mark>`{3,}|~{3,}).*?(?:^(?P=mark)[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
OPENING = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})((?:\s[^<>]{0,1000})?)>")
HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?![\d.]*[1-9])|"
    r"text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
HIDING_ATTRIBUTE = re.compile(r"""\shidden(?=[\s=/]|$)|\saria-hidden\s*=\s*["']?true""", re.IGNORECASE)
NEVER_SHOWN = frozenset({"script", "style", "template", "noscript"})
# A link definition that nothing can refer to: the usual way to write a comment in Markdown.
COMMENT_LINK = re.compile(
    r"^ {0,3}\[[^\]\n]{1,60}\]:[ \t]*(?:#|<>)?[ \t]*(?:\([^\n]*\)|\"[^\n]*\"|'[^\n]*')[ \t]*$", re.MULTILINE
)


def without_hidden(text: str) -> tuple[str, bool]:
    """Return `text` without what would not be shown, and whether there was any; code stays as it is."""
    if "<" not in text and "]:" not in text:
        return text, False
    parts: list[str] = []
    at = 0
    for fence in FENCED.finditer(text):
        parts += [_visible(text[at : fence.start()]), fence[0]]
        at = fence.end()
    visible = "".join([*parts, _visible(text[at:])])
    return visible, len(visible) != len(text)


def _visible(text: str) -> str:
    return COMMENT_LINK.sub("", _without_elements(_without_comments(text)))


def _without_comments(text: str) -> str:
    parts: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts.append(text[at:start])
        at = end + 3
    return "".join([*parts, text[at:]])


def _without_elements(text: str) -> str:
    parts: list[str] = []
    at = 0
    for opening in OPENING.finditer(text):
        if opening.start() >= at and _hides(opening[1], opening[2]):
            parts.append(text[at : opening.start()])
            at = _end(text, opening)
    return "".join([*parts, text[at:]])


def _hides(name: str, attributes: str) -> bool:
    if name.lower() in NEVER_SHOWN or HIDING_ATTRIBUTE.search(attributes):
        return True
    return "style" in attributes.lower() and bool(HIDING_STYLE.search(attributes))


def _end(text: str, opening: re.Match[str]) -> int:
    """Return where the element ends: after its closing tag, or with its paragraph when it has none."""
    depth = 1
    tags = re.compile(rf"<(/?){opening[1]}\b[^<>]{{0,1000}}>", re.IGNORECASE)
    for tag in tags.finditer(text, opening.end(), opening.end() + MOST_HIDDEN):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    paragraph = text.find("\n\n", opening.end(), opening.end() + MOST_HIDDEN)
    return paragraph if paragraph >= 0 else min(len(text), opening.end() + MOST_HIDDEN)
