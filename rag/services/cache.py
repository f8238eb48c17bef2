"""Keep answers for those who ask the same again. One function makes the key for reader and writer; values are JSON."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from models_registry.services.default_breakers import CACHE
from models_registry.services.guard import with_circuit_breaker
from rag import metrics
from rag.domain.expansion import fold
from rag.domain.policy import SHIPPED

logger = logging.getLogger(__name__)
CACHE_FAULTS = (DatabaseError, RedisError, OSError)  # an answer never fails for want of a cache
LAYOUT = 1  # raise it when the stored answer's fields change


@dataclass(frozen=True, slots=True)
class CacheScope:
    """Everything an answer depends on. Two scopes that differ anywhere never share an answer (CA-02)."""

    question: str
    query_type: str
    lang: str
    k: int
    user: str
    facts_sha256: str
    index_version: str
    epoch: str
    prompt_revision: int | None
    models: tuple[str, ...]
    knobs: str

    @property
    def key(self) -> str:
        text = json.dumps([LAYOUT, asdict(self)], sort_keys=True, ensure_ascii=True)
        return f"rag:answer:{hashlib.sha256(text.encode()).hexdigest()}"


def normalized_question(question: str) -> str:
    """Return the question so that case, accents, spaces and closing signs do not make another one."""
    return " ".join(fold(question).split()).rstrip(" ?!.")


def kept_answer(scope: CacheScope) -> dict[str, Any] | None:
    """Return the answer kept for this scope, or None. Reading does not extend its life."""
    try:
        text = _read(scope.key)
    except CACHE_FAULTS:
        logger.warning("rag.cache.unavailable", exc_info=True)
        metrics.CACHE_OPERATIONS.labels(operation="get", result="error").inc()
        return None
    metrics.CACHE_OPERATIONS.labels(operation="get", result="hit" if text else "miss").inc()
    if not text:
        return None
    metrics.CACHE_HITS.inc()
    answer: dict[str, Any] = json.loads(text)
    return answer


def keep_answer(scope: CacheScope, answer: Mapping[str, Any], *, ttl_s: int = SHIPPED.answer_ttl_s) -> None:
    """Keep an answer for `ttl_s` seconds; for 0 seconds, not at all."""
    try:
        is_kept = ttl_s > 0 and _write(scope.key, json.dumps(dict(answer), ensure_ascii=True), ttl_s)
    except CACHE_FAULTS:
        logger.warning("rag.cache.unavailable", exc_info=True)
        metrics.CACHE_OPERATIONS.labels(operation="set", result="error").inc()
        return
    metrics.CACHE_OPERATIONS.labels(operation="set", result="ok" if is_kept else "skipped").inc()


@with_circuit_breaker(CACHE, failures=CACHE_FAULTS, fallback=None)
def _read(key: str) -> str | None:
    """Return the text kept under this key; None also while the cache is left alone."""
    text: str | None = cache.get(key)
    return text


@with_circuit_breaker(CACHE, failures=CACHE_FAULTS, fallback=False)
def _write(key: str, text: str, ttl_s: int) -> bool:
    """Keep a text and return whether it was; while the cache is left alone it is not."""
    cache.set(key, text, ttl_s)
    return True
