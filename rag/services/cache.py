"""Keep answers and passages for those who ask the same again. One function makes each key for reader and writer.

Values are JSON text (CA-01, CA-02). Nothing is looked for among the keys: clearing makes every key another one.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import msgspec
from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from models_registry.services.text_cache import CACHE_FAULTS, read_text, write_text
from rag import metrics
from rag.domain.answers import AnswerResult
from rag.domain.expansion import fold
from rag.domain.passages import Retrieval
from rag.domain.policy import SHIPPED
from rag.models import KeptAnswer, Source

logger = logging.getLogger(__name__)
LAYOUT = 2  # raise it when the fields of what is stored change
EVERYBODY = "everybody"  # the scope of answers that were made for nobody in particular, by the warmer alone
T = TypeVar("T")


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
    history: str = ""  # of the turns before, where the model read them

    @property
    def key(self) -> str:
        return f"rag:answer:{_sha256([LAYOUT, asdict(self)])}"

    @property
    def sha256(self) -> str:
        """The same for every question that is asked like this one."""
        return _sha256([LAYOUT, asdict(replace(self, question=""))])

    def of_everybody(self) -> "CacheScope":
        """Return the scope of an answer made for nobody in particular, from what this asker may read as well."""
        return replace(self, user=EVERYBODY)


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Everything the passages found depend on: what is searched, by whom, in what, and by which rules."""

    question: str
    searched: str
    lang: str
    k: int
    user: str
    index_version: str
    epoch: str
    policy: str

    @property
    def key(self) -> str:
        return f"rag:retrieval:{_sha256([LAYOUT, asdict(self)])}"


def normalized_question(question: str) -> str:
    """Return the question so that case, accents, spaces and closing signs do not make another one."""
    return " ".join(fold(question).split()).rstrip(" ?!.")


def kept_answer(scope: CacheScope) -> AnswerResult | None:
    """Return the answer kept for this scope, or None. Reading does not extend its life."""
    return answer_at(scope.key)


def answer_at(key: str) -> AnswerResult | None:
    """Return the answer kept under a key of a scope, or None."""
    found = _kept(key, AnswerResult)
    if found is not None:
        metrics.CACHE_HITS.inc()
    return found


def keep_answer(scope: CacheScope, answer: AnswerResult, *, ttl_s: int = SHIPPED.answer_ttl_s) -> bool:
    """Keep an answer for `ttl_s` seconds, for 0 seconds not at all; return whether it was."""
    return _keep(scope.key, answer, ttl_s=ttl_s)


def kept_retrieval(scope: SearchScope) -> Retrieval | None:
    """Return the passages kept for this search, or None."""
    return _kept(scope.key, Retrieval)


def keep_retrieval(scope: SearchScope, found: Retrieval, *, ttl_s: int = SHIPPED.retrieval_ttl_s) -> bool:
    """Keep what was found for `ttl_s` seconds, for 0 seconds not at all; return whether it was."""
    return _keep(scope.key, found, ttl_s=ttl_s)


@transaction.atomic
def purge() -> int:
    """Forget every kept answer and passage; return how many answers other questions could share.

    Every source becomes a revision newer, as an ingestion makes it: all keys are other ones from now on.
    """
    keys = list(KeptAnswer.objects.values_list("key", flat=True))
    Source.objects.update(revision=F("revision") + 1)
    KeptAnswer.objects.all().delete()
    try:
        cache.delete_many(keys)
    except CACHE_FAULTS:  # the keys are other ones already
        logger.warning("rag.cache.unavailable", exc_info=True)
    logger.info("rag.cache.purged", extra={"answers": len(keys)})
    return len(keys)


def _kept(key: str, kind: type[T]) -> T | None:
    try:
        text = read_text(key)
        found = msgspec.json.decode(text, type=kind) if text else None
    except (*CACHE_FAULTS, msgspec.MsgspecError):
        logger.warning("rag.cache.unavailable", exc_info=True)
        metrics.CACHE_OPERATIONS.labels(operation="get", result="error").inc()
        return None
    metrics.CACHE_OPERATIONS.labels(operation="get", result="miss" if found is None else "hit").inc()
    return found


def _keep(key: str, value: object, *, ttl_s: int) -> bool:
    try:
        is_kept = ttl_s > 0 and write_text(key, msgspec.json.encode(value).decode(), ttl_s)
    except CACHE_FAULTS:
        logger.warning("rag.cache.unavailable", exc_info=True)
        metrics.CACHE_OPERATIONS.labels(operation="set", result="error").inc()
        return False
    metrics.CACHE_OPERATIONS.labels(operation="set", result="ok" if is_kept else "skipped").inc()
    return is_kept


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
