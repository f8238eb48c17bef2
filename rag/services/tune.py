"""Propose better numbers of the fusion from judged questions; set them only when asked to."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.domain.evaluation_questions import JudgedQuestion
from rag.domain.fusion import LEG_DEPTH
from rag.domain.policy import Policy
from rag.domain.steps import ALL_STEPS
from rag.domain.tuning import Candidate, Case, Setting
from rag.models import LibraryPolicy
from rag.queries.policy import library_policy
from rag.services.evaluate import Asker
from rag.services.gather import Collection
from rag.services.match_patterns import PatternMatcher

BOTH_LEGS = 2 * LEG_DEPTH  # passages: all that the legs found
FUSED_ONLY = replace(ALL_STEPS, distinct=False, rerank=False)  # the order that comes before these


def read_cases(
    questions: Sequence[JudgedQuestion],
    *,
    collection: Collection,
    report: Callable[[str, int, int], None] | None = None,
) -> tuple[Case, ...]:
    """Return what both legs find for each answerable question, with their ranks.

    :raises QuestionsUnusable: naming the line whose `must` takes too long.
    """
    answerable = [one for one in questions if one.is_answerable]
    cases = []
    with PatternMatcher() as matches:
        policy = replace(library_policy(), leg_depth=LEG_DEPTH)  # what a smaller depth leaves out is tried as well
        asker = Asker(collection, policy=policy, k=BOTH_LEGS, matches=matches)
        for number, question in enumerate(answerable, start=1):
            passages, hits = asker.ranked(question, depth=BOTH_LEGS, steps=FUSED_ONLY)
            candidates = tuple(
                Candidate(passage.chunk_id, passage.lexical_rank, passage.dense_rank, hit)
                for passage, hit in zip(passages, hits, strict=True)
            )
            cases.append(Case(question.id, question.lang, candidates))
            if report:
                report("read both legs", number, len(answerable))
    return tuple(cases)


def current_setting(policy: Policy) -> Setting:
    """Return the numbers that hold now."""
    return Setting(rrf_constant=policy.rrf_constant, dense_weight=policy.dense_weight, depth=policy.leg_depth)


def apply(setting: Setting) -> None:
    """Make these numbers hold from the next question on."""
    row = LibraryPolicy.objects.first() or LibraryPolicy()
    row.rrf_constant, row.dense_weight, row.leg_depth = setting.rrf_constant, setting.dense_weight, setting.depth
    row.save()
