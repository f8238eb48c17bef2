"""Pick the confidence threshold of the searched space from judged questions; store it only when asked to."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.db import transaction

from rag.domain.answerable import FOREIGN_SHARE
from rag.domain.calibration import Evidence
from rag.domain.errors import IndexUnavailable
from rag.domain.evaluation_questions import JudgedQuestion
from rag.models import IndexVersion
from rag.queries.policy import library_policy
from rag.services.evaluate import Asker
from rag.services.gather import Collection
from rag.services.match_patterns import PatternMatcher


def current_threshold() -> tuple[str, float]:
    """Return the searched space and its threshold; where it has none of its own, the library's.

    :raises IndexUnavailable: when no space is searched.
    """
    row = _searched()
    own = row.least_cosine
    return row.slug, library_policy().least_cosine if own is None else own


def read_evidence(
    questions: Sequence[JudgedQuestion],
    *,
    collection: Collection,
    report: Callable[[str, int, int], None] | None = None,
) -> tuple[Evidence, ...]:
    """Return for each question its best cosine, and whether it is refused even where no cosine is too small."""
    policy = replace(library_policy(), least_cosine=0.0)
    evidence = []
    # The space's own threshold would hide what the passages refuse: nobody else sees it gone, and it comes back.
    with transaction.atomic(), PatternMatcher() as matches:
        IndexVersion.objects.filter(is_active=True).update(least_cosine=None)
        asker = Asker(collection, policy=policy, k=policy.top_k, matches=matches)
        for number, question in enumerate(questions, start=1):
            found = asker.served(question)
            share = 1.0 if found.lang == "en" else FOREIGN_SHARE
            evidence.append(Evidence(question.is_answerable, found.best_cosine, not found.is_answerable, share))
            if report:
                report("ask", number, len(questions))
        transaction.set_rollback(True)
    return tuple(evidence)


def store(threshold: float) -> str:
    """Make the threshold hold for the searched space from the next question on; return the space.

    :raises IndexUnavailable: when no space is searched.
    """
    row = _searched()
    row.least_cosine = threshold
    row.save(update_fields=("least_cosine",))
    return row.slug


def _searched() -> IndexVersion:
    row = IndexVersion.objects.filter(is_active=True).first()
    if row is None:
        raise IndexUnavailable("No embedding space is searched yet: run manage.py load_knowledge.")
    return row
