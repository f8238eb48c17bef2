"""Give the answer to a question of the same meaning, within one scope: user, node, space, prompt, knobs.

Vectors only propose which question that may be; `rag.domain.sameness` decides.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from models_registry.domain.embedding import Vectors
from rag.domain.answers import AnswerResult
from rag.domain.policy import Policy
from rag.domain.sameness import ask_the_same
from rag.domain.spaces import Space
from rag.models import KeptAnswer
from rag.services.active_space import embed_question_in
from rag.services.cache import CacheScope, answer_at

MOST_PROPOSED = 5
# The scope names the space, so that vectors of different widths never meet here.
NEAREST = """
SELECT key, question FROM (
    SELECT key, question, 1 - (embedding <=> %(vector)s::vector) AS cosine FROM rag_keptanswer
    WHERE scope_sha256 = %(scope)s AND expires_at > %(at)s
) near WHERE cosine >= %(least)s ORDER BY cosine DESC LIMIT %(limit)s
"""


def similar_answer(
    question: str, *, scope: CacheScope, space: Space | None, policy: Policy, at: datetime
) -> AnswerResult | None:
    """Return the answer to a kept question that asks the same, with that question as `cached_from`; else None."""
    if policy.semantic_cosine >= 1 or not _has_any(scope, at=at):
        return None
    vector = embed_question_in(space, question, ttl_s=policy.embedding_ttl_s)
    if vector is None:
        return None
    for key, kept_question in _nearest(scope, vector, least=policy.semantic_cosine, at=at):
        if ask_the_same(question, kept_question, lang=scope.lang, other_lang=scope.lang):
            if found := answer_at(key):
                return replace(found, cached_from=kept_question)
            KeptAnswer.objects.filter(key=key).delete()  # the cache let go of it before its time
    return None


def remember(
    question: str, *, scope: CacheScope, space: Space | None, policy: Policy, at: datetime, ttl_s: int
) -> None:
    """Let the answer kept for `scope` be found by questions of the same meaning, for `ttl_s` seconds."""
    if policy.semantic_cosine >= 1:
        return
    vector = embed_question_in(space, question, ttl_s=policy.embedding_ttl_s)
    if vector is None:
        return
    row = KeptAnswer(
        key=scope.key,
        scope_sha256=scope.sha256,
        question=question,
        embedding=vector,
        expires_at=at + timedelta(seconds=ttl_s),
    )
    KeptAnswer.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["key"], update_fields=["question", "embedding", "expires_at"]
    )


def sweep(*, at: datetime) -> int:
    """Remove the rows of answers that have expired; return how many."""
    removed, _ = KeptAnswer.objects.filter(expires_at__lte=at).delete()
    return removed


def _has_any(scope: CacheScope, *, at: datetime) -> bool:
    return KeptAnswer.objects.filter(scope_sha256=scope.sha256, expires_at__gt=at).exists()


def _nearest(scope: CacheScope, vector: Vectors, *, least: float, at: datetime) -> tuple[tuple[str, str], ...]:
    written = "[" + ",".join(map("%.7g".__mod__, vector.tolist())) + "]"
    given: dict[str, Any] = {"vector": written, "scope": scope.sha256, "at": at, "least": least, "limit": MOST_PROPOSED}
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, given)
        return tuple((key, question) for key, question in cursor.fetchall())
