"""A broken cache neither breaks an answer nor, after a few tries, slows it."""

from dataclasses import replace

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache

from models_registry.models import Breaker
from rag import metrics
from rag.domain.answers import AnswerResult
from rag.services.cache import CacheScope, keep_answer, kept_answer

pytestmark = pytest.mark.django_db
SCOPE = CacheScope("q", "detailed", "en", 5, "user:1", "f", "v1", "0", 1, ("llama3:8b",), "k")


def said(text: str) -> AnswerResult:
    return AnswerResult(text, "en", "quick", (), None, None, "m", False, False, "", (), (), "e", "v", "e-v")


class Broken(BaseCache):
    """A cache whose server went away."""

    asked = 0

    def __init__(self, name: str = "", params: dict[str, object] | None = None) -> None:
        super().__init__(params or {})

    def get(self, *args, **kwargs):
        type(self).asked += 1
        raise ConnectionRefusedError

    set = get


@pytest.fixture
def broken(settings):
    Breaker.objects.create(name="cache", service="cache", failure_threshold=4, recovery_s=3600)
    Broken.asked = 0
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.Broken"}}


def operations(operation: str, result: str) -> float:
    return float(metrics.CACHE_OPERATIONS.labels(operation=operation, result=result)._value.get())


def test_what_is_kept_is_found_again():
    keep_answer(SCOPE, said("250 ppm"))

    assert kept_answer(SCOPE) == said("250 ppm")
    assert kept_answer(replace(SCOPE, user="user:2")) is None
    cache.clear()


def test_a_broken_cache_is_soon_left_alone(broken):
    errors, skipped = operations("get", "error"), operations("set", "skipped")

    for _ in range(10):
        assert kept_answer(SCOPE) is None
        keep_answer(SCOPE, said("x"))

    assert Broken.asked == 4
    assert operations("get", "error") == errors + 2
    assert operations("set", "skipped") == skipped + 8
    row = Breaker.objects.get(name="cache")
    assert (row.state, row.total_failures, row.total_rejected) == ("open", 4, 16)


def test_it_is_tried_again_after_a_while_and_trusted_when_it_answers(broken, settings):
    for _ in range(4):
        kept_answer(SCOPE)
    Breaker.objects.update(recovery_s=0)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    keep_answer(SCOPE, said("x"))

    assert kept_answer(SCOPE) == said("x")
    assert Breaker.objects.get(name="cache").state == "closed"


@pytest.mark.parametrize(("ttl_s", "is_kept"), [(60, True), (0, False)])
def test_an_answer_is_kept_as_long_as_the_policy_says(ttl_s, is_kept):
    cache.clear()

    keep_answer(SCOPE, said("x"), ttl_s=ttl_s)

    assert (kept_answer(SCOPE) is not None) is is_kept
    cache.clear()


def test_a_redis_that_is_away_breaks_no_answer(settings):
    errors = operations("get", "error")
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }

    keep_answer(SCOPE, said("x"))

    assert kept_answer(SCOPE) is None
    assert operations("get", "error") == errors + 1
