"""Documents and answers as HTML: headings can be pointed at, nothing a stranger wrote can run."""

import pytest

from rag.templatetags.prose import anchor, cited, link_of, markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    '<a href="https://a.example" style="position:fixed" onclick="x()">a</a>',
    "# <svg onload=alert(1)>",
    "| a |\n|---|\n| <iframe src=x></iframe> |",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("render", [markdown, lambda text: cited(text, "a1")], ids=["document", "answer"])
def test_nothing_a_stranger_wrote_can_run(text, render):
    html = render(text)

    for sign in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        'href="javascript',
        'href="data',
        '<a href="https://a.example" style',
    ):
        assert sign not in html


def test_headings_carry_the_anchor_that_a_breadcrumb_names():
    html = markdown("---\ntitle: x\n---\n# Fees\n\n## What the `base fee` does\n\ntext\n\n## What the base fee does\n")

    assert f'id="{anchor("Library > Fees > What the base fee does")}"' in html
    assert 'id="what-the-base-fee-does-2"' in html
    assert "title: x" not in html


def test_a_mark_in_an_answer_links_to_its_source():
    assert '<a class="cite" href="#s-a1-2" title="Source 2">[2]</a>' in cited("Raise the fee first [2].", "a1")


@pytest.mark.parametrize(
    ("citation", "link"),
    [
        ({"document_id": 3, "breadcrumb": "Fees > Base fee"}, "/library/3/#base-fee"),
        ({"url": "https://example.org/x"}, "https://example.org/x"),
        ({"url": "javascript:alert(1)"}, ""),
        ({}, ""),
    ],
)
def test_a_citation_leads_into_the_library_or_to_the_web(citation, link):
    assert link_of(citation) == link
