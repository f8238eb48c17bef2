"""Write the elements of a page as Markdown: headings, lists, tables, code and links' words. Addresses are left out."""

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

DEEPEST = 120  # elements; what is nested deeper is taken as plain text
BLANKS = re.compile(r"\s+")
FENCES = ("```", "~~~~")
LONGEST_CELL = 2_000  # characters
BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "header",
        "hgroup",
        "html",
        "legend",
        "main",
        "p",
        "section",
        "summary",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "caption",
    ]
)
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
CODE_LANGUAGE = re.compile(r"(?:language|lang|highlight)-(?:source-)?([\w+-]{1,20})")


def to_markdown(node: LexborNode | None) -> str:
    """Return what stands in `node` as Markdown, ending in one line end; "" for nothing."""
    if node is None:
        return ""
    writer = _Writer()
    writer.children(node, depth=0)
    writer.close()
    text = "\n\n".join(writer.blocks)
    return f"{text}\n" if text else ""


class _Writer:
    """Gathers words into the open paragraph, and paragraphs into blocks."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.words: list[str] = []
        self._elements: dict[str, Callable[[LexborNode, int], None]] = {
            "ul": self.listing, "ol": self.listing, "menu": self.listing, "table": self.table, "pre": self.pre,
            "br": self.line_break, "hr": self.rule, "code": self.code, "kbd": self.code, "samp": self.code,
            "img": self.image,
        }  # fmt: skip

    def children(self, node: LexborNode, *, depth: int) -> None:
        child = node.child
        while child is not None:
            self.element(child, depth + 1)
            child = child.next

    def element(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if node.is_text_node:
            self.words.append(BLANKS.sub(" ", node.text_content or ""))
        elif not node.is_element_node:
            return
        elif depth > DEEPEST:
            self.words.append(BLANKS.sub(" ", node.text(separator=" ")))
        elif tag in HEADINGS:
            self.heading(node, depth)
        elif writes := self._elements.get(tag):
            writes(node, depth)
        elif tag in BLOCKS:
            self.close()
            self.children(node, depth=depth)
            self.close()
        else:
            self.children(node, depth=depth)

    def close(self) -> None:
        """End the open paragraph."""
        lines = "".join(self.words).split("\n")
        text = "\n".join(line for line in (BLANKS.sub(" ", line).strip() for line in lines) if line)
        if text:
            self.blocks.append(text)
        self.words = []

    def heading(self, node: LexborNode, depth: int) -> None:
        self.close()
        words = _inline(node, depth)
        if words:
            self.blocks.append(f"{HEADINGS[node.tag or 'h6']} {words}")

    def listing(self, node: LexborNode, depth: int) -> None:
        self.close()
        lines = _items(node, depth, indent="")
        if lines:
            self.blocks.append("\n".join(lines))

    def table(self, node: LexborNode, depth: int) -> None:
        self.close()
        if node.css_first("table table"):  # it only arranges the page
            self.children(node, depth=depth)
            self.close()
            return
        rows = [_cells(row, depth) for row in node.css("tr")]
        rows = [row for row in rows if any(row)]
        width = max((len(row) for row in rows), default=0)
        if width < 2:
            self.blocks += [cell for row in rows for cell in row if cell]
            return
        lines = [f"| {' | '.join((*row, *[''] * (width - len(row))))} |" for row in rows]
        self.blocks.append("\n".join((lines[0], f"|{' --- |' * width}", *lines[1:])))

    def pre(self, node: LexborNode, depth: int) -> None:
        self.close()
        code = (node.text() or "").strip("\n").rstrip()
        if code:
            inner = node.css_first("code")
            classes = " ".join(one.attributes.get("class") or "" for one in (node, inner) if one)
            found = CODE_LANGUAGE.search(classes)
            mark = "~~~~" if "```" in code else "```"
            self.blocks.append(f"{mark}{found[1] if found else ''}\n{code}\n{mark}")

    def code(self, node: LexborNode, depth: int) -> None:
        words = BLANKS.sub(" ", node.text() or "").strip()
        self.words.append(f"`{words}`" if words and "`" not in words else words)

    def line_break(self, node: LexborNode, depth: int) -> None:
        self.words.append("\n")

    def rule(self, node: LexborNode, depth: int) -> None:
        self.close()

    def image(self, node: LexborNode, depth: int) -> None:
        self.words.append(BLANKS.sub(" ", node.attributes.get("alt") or ""))


def _inline(node: LexborNode, depth: int) -> str:
    """Return the words of an element on one line, its blocks one after the other."""
    writer = _Writer()
    writer.children(node, depth=depth)
    writer.close()
    return BLANKS.sub(" ", " ".join(writer.blocks)).strip()


def _cells(row: LexborNode, depth: int) -> list[str]:
    return [_inline(cell, depth)[:LONGEST_CELL].replace("|", "\\|") for cell in row.css("td, th")]


def _items(node: LexborNode, depth: int, *, indent: str) -> list[str]:
    """Return the lines of a list, those of a list within it indented."""
    lines: list[str] = []
    number = 0
    child = node.child
    while child is not None:
        if child.tag == "li":
            number += 1
            mark = f"{number}." if node.tag == "ol" else "-"
            lines += _item(child, depth + 1, indent=indent, mark=mark)
        elif child.tag in ("ul", "ol") and depth < DEEPEST:
            lines += _items(child, depth + 1, indent=f"{indent}  ")
        child = child.next
    return lines


def _item(node: LexborNode, depth: int, *, indent: str, mark: str) -> list[str]:
    within: list[str] = []
    writer = _Writer()
    child = node.child
    while child is not None:
        if child.tag in ("ul", "ol") and depth < DEEPEST:
            within += _items(child, depth + 1, indent=f"{indent}  ")
        else:
            writer.element(child, depth + 1)
        child = child.next
    writer.close()
    code = [line for block in writer.blocks if block.startswith(FENCES) for line in block.split("\n")]
    words = BLANKS.sub(" ", " ".join(block for block in writer.blocks if not block.startswith(FENCES))).strip()
    return [*([f"{indent}{mark} {words}"] if words else []), *code, *within]
