"""What holds for every question, and a mark of what somebody may read."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from rag.domain.policy import SHIPPED, Policy
from rag.models import LibraryPolicy, PromptRevision, Source
from rag.queries.reader import Reader


def library_epoch(user: Reader = None) -> str:
    """Return a mark of what `user` may read; any ingestion or change of access makes another. One statement."""
    return _mark(Source.objects.visible_to(user).order_by("pk").values_list("pk", "revision"))


def library_policy() -> Policy:
    """Return what holds for every question, as shipped while there is no row. One statement."""
    row = LibraryPolicy.objects.first()
    return _policy(row) if row else SHIPPED


def library_state(user: Reader = None) -> tuple[Policy, str]:
    """Return the policy and the epoch of what `user` may read. One statement, two while there is no policy."""
    revisions = Source.objects.visible_to(user).order_by("pk")
    pairs = ArraySubquery(revisions.values(pair=JSONObject(pk="pk", revision="revision")))
    row = LibraryPolicy.objects.annotate(pairs=pairs).first()
    if row is None:
        return SHIPPED, library_epoch(user)
    return _policy(row), _mark((pair["pk"], pair["revision"]) for pair in row.pairs)


def purposes_without_prompt(purposes: Sequence[str], *, lang: str) -> tuple[str, ...]:
    """Return those of `purposes` that have no active prompt in `lang`."""
    active = set(PromptRevision.objects.filter(is_active=True, lang=lang).values_list("purpose", flat=True))
    return tuple(purpose for purpose in purposes if purpose not in active)


def _policy(row: LibraryPolicy) -> Policy:
    return Policy(
        top_k=row.top_k,
        least_cosine=row.confidence_threshold,
        sure_cosine=row.sure_cosine,
        least_held_share=row.least_held_share,
        answer_ttl_s=row.answer_ttl_s,
        retrieval_ttl_s=row.retrieval_ttl_s,
        embedding_ttl_s=row.embedding_ttl_s,
        semantic_cosine=row.semantic_cosine,
        rewrites_questions=row.rewrites_questions,
        rerank_top=row.rerank_top,
        rrf_constant=row.rrf_constant,
        dense_weight=row.dense_weight,
        leg_depth=row.leg_depth,
        languages=tuple(row.languages),
        history_turns=row.history_turns,
    )


def _mark(revisions: Iterable[tuple[int, int]]) -> str:
    return hashlib.sha256(json.dumps([list(pair) for pair in revisions]).encode()).hexdigest()[:16]
