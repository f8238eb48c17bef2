"""Texts kept for a while in Django's cache. Nothing ever fails for want of a cache.

Values are text, so that whoever can write to the cache can make nobody run anything. What asks often passes no breaker:
to ask that one costs as much as to ask the cache.
"""

import logging

from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from models_registry.services.default_breakers import CACHE
from models_registry.services.guard import with_circuit_breaker

logger = logging.getLogger(__name__)
CACHE_FAULTS = (DatabaseError, RedisError, OSError)


@with_circuit_breaker(CACHE, failures=CACHE_FAULTS, fallback=None)
def read_text(key: str) -> str | None:
    """Return the text kept under this key, asking the breaker first; None also while the cache is left alone.

    :raises DatabaseError, RedisError, OSError: when the cache fails; `kept_text` makes None of that.
    """
    text: str | None = cache.get(key)
    return text


@with_circuit_breaker(CACHE, failures=CACHE_FAULTS, fallback=False)
def write_text(key: str, text: str, ttl_s: float) -> bool:
    """Keep a text and return whether it was; while the cache is left alone it is not. Raises as `read_text`."""
    cache.set(key, text, ttl_s)
    return True


def kept_text(key: str) -> str | None:
    """Return the text kept under this key; None also when the cache fails."""
    try:
        text: str | None = cache.get(key)
    except CACHE_FAULTS as exc:
        logger.warning("cache.unavailable", extra={"error": type(exc).__name__})
        return None
    return text


def keep_text(key: str, text: str, *, ttl_s: float) -> bool:
    """Keep a text for so many seconds and return whether it was; for none it is not."""
    if ttl_s <= 0:
        return False
    try:
        cache.set(key, text, ttl_s)
    except CACHE_FAULTS as exc:
        logger.warning("cache.unavailable", extra={"error": type(exc).__name__})
        return False
    return True
