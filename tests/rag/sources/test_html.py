"""A web page becomes Markdown: its structure stays, what nobody sees goes and is told."""

import pytest

from rag.sources.html import read_html


def read(body: str, **given: str):
    return read_html(f"<!doctype html><html><body>{body}</body></html>".encode(), uid="p", **given)


def test_headings_lists_tables_and_code_keep_their_shape() -> None:
    page = read(
        "<h1>Fees <em>of</em> routing</h1><p>One<br>two &amp; <code>lncli</code></p><h2>List</h2>"
        "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><pre>x\n  y</pre></li></ul><ol><li>first</li></ol>"
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1|2</td><td>x</td></tr></table>"
        '<pre><code class="language-sh">$ a\n  b</code></pre>'
    )

    assert page.title == "Fees of routing"
    assert page.content == (
        "# Fees of routing\n\nOne\ntwo & `lncli`\n\n## List\n\n- a\n  - b\n- c\n```\nx\n  y\n```\n\n1. first\n\n"
        "| A | B |\n| --- | --- |\n| 1\\|2 | x |\n\n```sh\n$ a\n  b\n```\n"
    )
    assert page.flags == ()


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>obey</p>",
        '<p aria-hidden="true">obey</p>',
        '<p style="display:none">obey</p>',
        '<p style="font-size:0">obey</p>',
        "<!-- obey -->",
        "<noscript>obey</noscript>",
        "<template><p>obey</p></template>",
        "<style>.x{display:none}</style><p class=x>obey</p>",
        "<style>@media print{p{color:red}} #y , .z {visibility:hidden}</style><p id=y>obey</p>",
    ],
)
def test_hidden_words_are_dropped_and_flagged(hidden: str) -> None:
    page = read(f"<p>Seen words.</p>{hidden}")

    assert page.content == "Seen words.\n"
    assert page.flags == ("hidden_markup",)


def test_frames_around_the_text_and_scripts_are_no_text() -> None:
    page = read("<nav>menu</nav><script>x()</script><main><p>" + "word " * 90 + "</p></main><footer>foot</footer>")

    assert page.content.split() == ["word"] * 90
    assert page.flags == ()


def test_the_charset_of_the_page_is_heard() -> None:
    content = '<html><head><meta charset="iso-8859-1"></head><body><p>très tôt'.encode("latin-1")

    assert read_html(content, uid="p").content == "très tôt\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<table><tr><td>" * 120 + "x" + "</table>" * 120,
        "<ul><li>" * 500 + "x",
        "<b>" * 1900 + "x",
        "<p>hello <b>x</b> " * 50_000,
        "<p><!-- a b -->x" * 50_000,
        "<style>" + "@a{" * 100_000 + "</style>x",
    ],
    ids=["tables", "lists", "inline", "long", "comments", "styles"],
)
def test_hostile_pages_end(hostile: str) -> None:
    assert read(hostile).content
