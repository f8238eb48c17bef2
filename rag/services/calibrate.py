"""Pick the confidence threshold of the searched space from judged questions; store it only when asked to."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.db import transaction

from rag.domain.calibration import Evidence
from rag.domain.errors import IndexUnavailable
from rag.domain.evaluation_questions import JudgedQuestion
from rag.domain.policy import Policy
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
    """Return for each question from which threshold on it is refused, by asking again and again: seven times each."""
    policy = library_policy()
    evidence = []
    # The space's own threshold would win over each that is tried: nobody else sees it gone, and it comes back.
    with transaction.atomic():
        IndexVersion.objects.filter(is_active=True).update(least_cosine=None)
        for number, question in enumerate(questions, start=1):
            evidence.append(Evidence(question.is_answerable, _refused_from(question, collection, policy=policy)))
            if report:
                report("ask", number, len(questions))
        transaction.set_rollback(True)
    return tuple(evidence)


def _refused_from(question: JudgedQuestion, collection: Collection, *, policy: Policy) -> float | None:
    def is_refused(hundredths: int) -> bool:
        tried = replace(policy, least_cosine=hundredths / 100)
        asker = Asker(collection, policy=tried, k=policy.top_k, matches=PatternMatcher())
        return not asker.served(question).is_answerable

    first = bisect_left(range(101), True, key=is_refused)
    return first / 100 if first <= 100 else None


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
