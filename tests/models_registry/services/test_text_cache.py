"""A cache that is away keeps nothing, and nothing fails for want of it."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisAway

from models_registry.services.text_cache import keep_text, kept_text, read_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }


@pytest.mark.parametrize(("ttl_s", "expected"), [(60, "said"), (0, None)])
def test_a_text_is_kept_for_its_time(ttl_s: int, expected: str | None) -> None:
    assert keep_text("tests:text", "said", ttl_s=ttl_s) is bool(expected)
    assert kept_text("tests:text") == expected
    keep_text("tests:text", "", ttl_s=0.001)


def test_a_server_that_is_away_is_none_to_whoever_can_do_without(nobody: None) -> None:
    with pytest.raises(RedisAway):
        read_text("tests:text")

    assert keep_text("tests:text", "said", ttl_s=60) is False
    assert kept_text("tests:text") is None
