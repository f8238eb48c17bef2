"""Thumbs on answers: on the page of questions, kept, taken back, and only by whom the answer was given to."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Rating
from rag.models import Answer

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reader(django_user_model):
    return django_user_model.objects.create_user("reader")


@pytest.fixture
def browser(reader):
    client = Client()
    client.force_login(reader)
    return client


def answered(reader, question="What is a base fee?"):
    return Answer.objects.create(
        question=question, text="A flat fee.", outcome="completed", user=reader, unit=f"user:{reader.pk}"
    )


def test_a_thumb_on_an_answer_is_kept_shown_on_the_page_and_taken_back(reader, browser):
    row = answered(reader)
    place = reverse("feedback:rate_answer", args=[row.pk])

    assert place in browser.get(reverse("rag:ask")).content.decode()
    told = browser.post(place, {"thumb": "down"}, headers=HTMX).content.decode()
    page = browser.get(reverse("rag:ask")).content.decode()

    assert Rating.objects.get().thumb == -1
    assert told.count('aria-pressed="true"') == page.count('aria-pressed="true"') == 1
    assert place in told
    browser.post(place, {"thumb": "none"}, headers=HTMX)
    assert not Rating.objects.exists()


def test_an_answer_that_was_just_streamed_has_its_thumbs(browser, reader):
    row = answered(reader)
    content = {"answer_id": str(row.pk), "answer": "A flat fee.", "citations": []}

    laid_out = browser.post(reverse("rag:answer_fragment"), content, content_type="application/json").content.decode()

    assert reverse("feedback:rate_answer", args=[row.pk]) in laid_out
    strange = browser.post(
        reverse("rag:answer_fragment"), {**content, "answer_id": "../x"}, content_type="application/json"
    )
    assert strange.status_code == 200


def test_only_whom_it_was_given_to_votes_on_an_answer(browser, django_user_model):
    other = answered(django_user_model.objects.create_user("other"))

    for key in (other.pk, uuid4()):
        assert browser.post(reverse("feedback:rate_answer", args=[key]), {"thumb": "up"}).status_code == 404
    assert not Rating.objects.exists()


def test_votes_on_many_answers_are_read_at_once(browser, reader):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse("rag:ask"))
        return len(captured)

    answered(reader)
    one = statements()
    for number in range(4):
        answered(reader, question=f"What is fee {number}?")
    assert statements() == one
