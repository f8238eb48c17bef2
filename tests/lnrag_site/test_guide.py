"""The help pages open for everybody, keep the content policy, and show what was measured here."""

import re

import pytest
from django.urls import reverse

from lnrag_site import guide
from rag.models import Answer
from tests.models_registry.rows import host, model
from tests.page_rules import blocked_by_policy

pytestmark = pytest.mark.django_db
PATHS = ["/help/", *(f"/help/{page.slug}/" for page in guide.PAGES)]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_opens_and_keeps_the_policy(client, path):
    html = client.get(path).content.decode()

    assert "<h1>" in html
    assert blocked_by_policy(html) == []


@pytest.mark.parametrize("path", PATHS)
def test_every_link_within_the_help_leads_somewhere(client, path):
    html = client.get(path).content.decode()

    for target in set(re.findall(r'href="(/help/[^"]*)"', html)):
        page, _, anchor = target.partition("#")
        answer = client.get(page)
        assert answer.status_code == 200
        assert not anchor or f'id="{anchor}"' in answer.content.decode()


def test_there_is_no_other_page(client):
    assert client.get("/help/elsewhere/").status_code == 404
    assert client.post("/help/").status_code == 405


def test_the_help_is_found_from_every_page(client):
    assert reverse("help-index") in client.get("/").content.decode()


def test_the_profiles_are_shown_with_their_weight(client):
    html = client.get("/help/first-steps/").content.decode()

    assert "29.3 GB, 39 min at 100 Mbps" in html


def test_values_measured_here_stand_beside_the_usual_ones(client):
    row = model(host(), "llama3:8b", observed_calls=7, observed_tokens_per_s=20.0, observed_latency_ms=2500)
    model(row.provider, "never:1b")
    for ms in (100, 300, 200):
        Answer.objects.create(
            question="?", outcome="completed", processing_ms=ms * 10, trace=[{"step": "retrieve", "ms": ms}]
        )
    Answer.objects.create(question="?", outcome="completed", processing_ms=1, is_cached=True)

    html = client.get("/help/hardware/").content.decode()

    assert "50.0 s" in html
    assert "2.5 s" in html
    assert "never:1b" not in html
    assert guide.measured_steps() == {"retrieve": 0.2, "whole": 2.0}


def test_without_measurements_the_page_says_so(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        html = client.get("/help/hardware/").content.decode()

    assert html.count("not measured") >= 3
    assert guide.measured_steps() == {}


def test_hostile_names_are_escaped(client):
    model(host(), "<script>alert(1)</script>:1b", observed_calls=1)

    assert "<script>alert" not in client.get("/help/hardware/").content.decode()
