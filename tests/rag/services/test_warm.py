"""The common questions are answered in advance, and whoever may read the same is given the answer."""

from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from rag.domain.events import EventType
from rag.models import CommonQuestion, Source
from rag.services import default_questions
from rag.services.answer import answer
from rag.services.warm import WarmReport, warm_common_questions
from tests.rag.conftest import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
QUESTION = "What is the default base fee?"


@pytest.fixture
def common(library: Source) -> None:
    CommonQuestion.objects.all().delete()
    CommonQuestion.objects.create(text=QUESTION, lang="en")
    CommonQuestion.objects.create(text="Quels frais de base choisir ?", lang="fr")
    CommonQuestion.objects.create(text="Switched off", lang="en", is_enabled=False)


async def is_warm(question: str, **more: Any) -> bool:
    async with aclosing(answer(question, unit="user:1", at=NOW, **more)) as events:
        return EventType.CACHED_DATA in {event.type async for event in events}


async def test_a_warmed_question_is_a_hit_for_who_may_read_the_same(common: None, reader: Any) -> None:
    report = await warm_common_questions(at=NOW)

    assert report == WarmReport(degraded=2)  # no model here: quotes are kept
    assert await is_warm(QUESTION, user=reader)
    assert await is_warm("Quels frais de base choisir ?", user=None)
    assert await warm_common_questions(at=NOW) == WarmReport(already_warm=2)


async def test_who_may_read_more_gets_an_answer_of_their_own(common: None, reader: Any) -> None:
    await warm_common_questions(at=NOW)
    await Source.objects.acreate(slug="own", name="Own", kind="upload", owner=reader)

    assert not await is_warm(QUESTION, user=reader)


async def test_eight_questions_in_each_language_are_shipped_once(db: None) -> None:
    await CommonQuestion.objects.all().adelete()

    first = await sync_to_async(default_questions.load)()

    assert len(first) == 16
    assert await CommonQuestion.objects.filter(lang="fr").acount() == 8
    await CommonQuestion.objects.filter(lang="en").aupdate(is_enabled=False)
    assert await sync_to_async(default_questions.load)() == ()
