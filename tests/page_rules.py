"""What every page must keep for the strict content policy, judged on its HTML."""

from html.parser import HTMLParser

HOSTILE_ALIASES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202emoc.live\u202d",
    "⚡️👩🏽\u200d🚀 node",
    "مرحبا بالعقدة",
    "{{ settings.SECRET_KEY }}",
)
RUNNABLE = ("javascript:", "data:")


class InlineCode(HTMLParser):
    """Collects what a policy of default-src 'self' would block: inline scripts, styles and event handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self._inside = tag if tag in ("script", "style") else None
        handlers = [name for name in names if name.startswith("on")]
        self.problems += [f"<{tag} {name}>" for name in handlers]
        if "style" in names:
            self.problems.append(f"<{tag} style>")
        if tag == "style":
            self.problems.append("<style>")
        links = [str(names[name] or "") for name in ("href", "src", "action") if name in names]
        self.problems += [
            f"<{tag} {link[:40]}>" for link in links if link.strip().lower().startswith(("javascript:", "data:"))
        ]
        if tag in ("script", "link") and any(link.startswith(("http:", "https:", "//")) for link in links):
            self.problems.append(f"<{tag} from elsewhere>")

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.problems.append("inline script")

    def handle_endtag(self, tag: str) -> None:
        self._inside = None


def blocked_by_policy(html: str) -> list[str]:
    """Return what the content policy would block on this page."""
    reader = InlineCode()
    reader.feed(html)
    return reader.problems
