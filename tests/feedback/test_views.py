"""What an operator says of a recommendation: stored, shown at once, taken back; only by who may see it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from feedback.models import ImpactReport, Rating
from recommendations.models import NodeConnection, Recommendation
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.recommendations.conftest import demo, operator

__all__ = ["demo", "operator"]  # fixtures of the floor below

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def advice(demo):
    return Recommendation.objects.create(
        id=uuid4(),
        tracking_id="rec_1",
        node=demo.node,
        connection=demo.connection,
        rule="fee_rate",
        category="fees",
        priority="high",
        score=72.5,
        confidence=0.8,
        target="1x1x1",
        title="Raise the fee",
        payload={"title": "Raise the fee", "tracking_id": "rec_1", "priority": "high", "score": 72.5},
        generated_at=demo.at,
    )


@pytest.fixture
def signed_in(client, operator):
    client.force_login(operator)
    return client


def url(name, advice):
    return reverse(f"feedback:{name}", args=[advice.pk])


def test_applied_with_a_note_is_stored_and_shown_with_its_undo(signed_in, advice):
    html = signed_in.post(url("apply", advice), {"note": HOSTILE_ALIASES[0]}, headers=HTMX).content.decode()

    advice.refresh_from_db()
    assert (advice.state, advice.note) == ("applied", HOSTILE_ALIASES[0])
    assert "&lt;script&gt;" in html
    assert url("undo", advice) in html
    assert blocked_by_policy(html) == []


def test_dismissed_with_a_reason_and_taken_back(signed_in, advice):
    signed_in.post(url("dismiss", advice), {"reason": "too risky"}, headers=HTMX)
    advice.refresh_from_db()
    assert (advice.state, advice.reject_reason) == ("rejected", "too risky")

    html = signed_in.post(url("undo", advice), headers=HTMX).content.decode()

    advice.refresh_from_db()
    assert (advice.state, advice.reject_reason) == ("viewed", "")
    assert url("apply", advice) in html


def test_without_scripts_the_form_leads_back_to_the_page_it_stood_on(signed_in, advice):
    origin = f"http://testserver{reverse('recommendations:detail', args=[advice.pk])}"

    kept = signed_in.post(url("apply", advice), {"note": ""}, headers={"Referer": origin})
    stranger = signed_in.post(url("undo", advice), headers={"Referer": "https://evil.example/"})

    assert kept.headers["Location"] == origin
    assert stranger.headers["Location"] == reverse("recommendations:inbox")


def test_a_move_that_is_not_allowed_is_explained(signed_in, advice):
    Recommendation.objects.filter(pk=advice.pk).update(state="expired")

    html = signed_in.post(url("apply", advice), headers=HTMX).content.decode()

    assert 'role="alert"' in html
    assert Recommendation.objects.get(pk=advice.pk).state == "expired"


def test_a_thumb_is_stored_once_shown_as_pressed_and_taken_back(signed_in, advice):
    html = signed_in.post(url("rate", advice), {"thumb": "up"}, headers=HTMX).content.decode()
    signed_in.post(url("rate", advice), {"thumb": "down"}, headers=HTMX)

    assert html.count('aria-pressed="true"') == 1
    assert Rating.objects.get().thumb == -1
    signed_in.post(url("rate", advice), {"thumb": "none"}, headers=HTMX)
    assert not Rating.objects.exists()


def test_an_unknown_thumb_changes_nothing(signed_in, advice):
    assert signed_in.post(url("rate", advice), {"thumb": "sideways"}).status_code == 400
    assert not Rating.objects.exists()


@pytest.mark.parametrize("name", ["apply", "dismiss", "undo", "rate"])
def test_a_stranger_and_a_get_change_nothing(client, operator, advice, name):
    assert client.post(url(name, advice)).headers["Location"].startswith(reverse("signin"))
    client.force_login(operator)
    assert client.get(url(name, advice)).status_code == 405
    assert Recommendation.objects.get(pk=advice.pk).state == "generated"


@pytest.mark.parametrize("name", ["apply", "dismiss", "undo", "rate"])
def test_somebody_elses_advice_does_not_exist(signed_in, advice, django_user_model, name):
    owner = django_user_model.objects.create_user("owner")
    NodeConnection.objects.filter(pk=advice.connection_id).update(owner=owner, kind=NodeConnection.Kind.FILES)

    assert signed_in.post(url(name, advice), {"thumb": "up"}).status_code == 404


def test_a_form_without_its_token_is_refused(operator, advice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)

    assert strict.post(url("apply", advice)).status_code == 403


def test_the_pages_below_show_votes_and_measured_effects(signed_in, advice):
    signed_in.post(url("rate", advice), {"thumb": "up"})
    signed_in.post(url("apply", advice))
    ImpactReport.objects.create(
        recommendation=advice,
        status="inconclusive",
        explanation="Too few forwards.",
        measured_at=advice.generated_at + timedelta(days=7),
    )

    inbox = signed_in.get(reverse("recommendations:inbox")).content.decode()
    detail = signed_in.get(reverse("recommendations:detail", args=[advice.pk])).content.decode()

    assert "inconclusive" in inbox
    assert "Too few forwards." in detail
    assert detail.count('aria-pressed="true"') == 1
