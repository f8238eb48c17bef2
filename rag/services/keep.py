"""Keep a new answer for whoever may be given it again."""

from rag.domain.answers import AnswerResult
from rag.services.cache import keep_answer
from rag.services.prepare import Scene
from rag.services.semantic import remember


def keep(scene: Scene, result: AnswerResult) -> None:
    """Keep an answer as long as the policy says, for equal questions and those of equal meaning.

    Quotes in place of a model that was planned are not kept: the next question may find it free. An answer that
    leans on earlier turns is kept for these turns alone.
    """
    if result.degraded and scene.plan.can_generate:
        return
    ttl_s = scene.policy.answer_ttl_s
    is_kept = keep_answer(scene.scope, result, ttl_s=ttl_s)
    if is_kept and not scene.scope.history:
        remember(
            scene.question, scope=scene.scope, space=scene.space, policy=scene.policy, at=scene.ask.at, ttl_s=ttl_s
        )
