"""Keep answers for those who ask the same again. One function makes the key for reader and writer; values are JSON text."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.cache import cache

from rag import metrics
from rag.domain.expansion import fold
from rag.models import Source

RETRIEVAL_TTL_S = 86_400
ANSWER_TTL_S = 21_600
EMBEDDING_TTL_S = 604_800
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


def epoch(user: AbstractBaseUser | AnonymousUser | None) -> str:
    """Return a mark of what `user` may read; any ingestion or change of access makes another. One statement."""
    revisions = Source.objects.visible_to(user).order_by("pk").values_list("pk", "revision")
    return hashlib.sha256(json.dumps([list(pair) for pair in revisions]).encode()).hexdigest()[:16]


def kept_answer(scope: CacheScope) -> dict[str, Any] | None:
    """Return the answer kept for this scope, or None. Reading does not extend its life."""
    text = cache.get(scope.key)
    metrics.CACHE_OPERATIONS.labels(operation="get", result="hit" if text else "miss").inc()
    if not text:
        return None
    metrics.CACHE_HITS.inc()
    answer: dict[str, Any] = json.loads(text)
    return answer


def keep_answer(scope: CacheScope, answer: Mapping[str, Any]) -> None:
    """Keep an answer for ANSWER_TTL_S seconds."""
    cache.set(scope.key, json.dumps(dict(answer), ensure_ascii=True), ANSWER_TTL_S)
    metrics.CACHE_OPERATIONS.labels(operation="set", result="ok").inc()
