"""Take out of Markdown what a browser would not show but a model would read: comments, scripts, hidden elements. Pure."""

import re

MOST_HIDDEN = 20_000  # characters of one hidden element; a longer one is no whisper
FENCED = re.compile(r"^(?P<mark>`{3,}|~{3,}).*?(?:^(?P=mark)[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
NAME = r"[a-zA-Z][a-zA-Z0-9]{0,20}"
INVISIBLE_STYLE = (
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![\d.]*[1-9])|"
    r"opacity\s*:\s*0(?![\d.]*[1-9])|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,})"
)
HIDING = (
    rf"(?:\s(?:hidden(?=[\s>/=])(?!\s*=\s*[\"']?until-found)|aria-hidden\s*=\s*[\"']?true|"
    rf"style\s*=\s*(?:\"[^\">]{{0,400}}?{INVISIBLE_STYLE}|'[^'>]{{0,400}}?{INVISIBLE_STYLE})))"
)
PATTERNS = (
    re.compile(rf"<!--.{{0,{MOST_HIDDEN}}}?-->", re.DOTALL),
    re.compile(
        rf"<(script|style|template|noscript)\b[^>]{{0,400}}>.{{0,{MOST_HIDDEN}}}?</\1\s*>", re.DOTALL | re.IGNORECASE
    ),
    re.compile(
        rf"<({NAME})\b(?=[^>]{{0,600}}?{HIDING})[^>]{{0,1000}}>.{{0,{MOST_HIDDEN}}}?</\1\s*>",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(r"^ {0,3}\[[^\]\n]{1,60}\]:[ \t]*(?:#|<>)?[ \t]*(?:\([^\n]*\)|\"[^\n]*\"|'[^\n]*')[ \t]*$", re.MULTILINE),
)
HIDING_STYLE = re.compile(INVISIBLE_STYLE, re.IGNORECASE)


def without_hidden(text: str) -> tuple[str, bool]:
    """Return `text` without what would not be shown, and whether there was any; code stays as it is."""
    parts: list[str] = []
    at, found = 0, False
    for fence in FENCED.finditer(text):
        visible, is_hiding = _visible(text[at : fence.start()])
        parts += [visible, fence[0]]
        at, found = fence.end(), found or is_hiding
    visible, is_hiding = _visible(text[at:])
    return "".join([*parts, visible]), found or is_hiding


def _visible(text: str) -> tuple[str, bool]:
    total = 0
    for pattern in PATTERNS:
        text, count = pattern.subn("", text)
        total += count
    return text, total > 0
