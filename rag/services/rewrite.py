"""Put a question so that it can be searched: standing alone, and in English. By a local model, else by rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models_registry.domain.chat import GenerationPlan
from models_registry.domain.errors import ModelError
from models_registry.domain.query_types import QueryType
from models_registry.services import ledger
from models_registry.services.borrow import borrowing
from models_registry.services.generate import Speech
from models_registry.services.plan import plan_generation
from rag import metrics
from rag.domain.errors import PromptMissing
from rag.domain.followups import EarlierTurn, Rewritten, follows_on, stand_alone
from rag.domain.policy import Policy
from rag.domain.prompting import new_boundary
from rag.domain.rewriting import SCHEMA, read_rewriting, rewrite_messages
from rag.services.prompts import active_prompt

__all__ = ["EarlierTurn", "Rewritten", "rewrite"]

REWRITE_PURPOSE = "rewrite"
PATIENCE_S = 2.5  # for the whole rewriting: rules and the glossary do nearly as well, and the reader waits
MOST_TOKENS = 220  # of two short questions in JSON


@dataclass(frozen=True, slots=True)
class _Means:
    """Who may rewrite, and with which words."""

    plan: GenerationPlan
    prompt: str


async def rewrite(
    question: str,
    *,
    lang: str,
    earlier: Sequence[EarlierTurn] = (),
    unit: str,
    policy: Policy,
    stop: asyncio.Event | None = None,
) -> Rewritten:
    """Return `question` standing alone and what is searched in its place; never raises a ModelError.

    `earlier` goes from old to new. No model is asked for an English question that stands alone, nor when the policy
    forbids it. Without a model, or when it is slow, fails, or says something else, rules put a follow-up right.
    """
    turns = tuple(earlier)[-policy.history_turns :] if policy.history_turns else ()
    by_rules = Rewritten(stand_alone(question, earlier=turns))
    leans = bool(turns) and follows_on(question)
    if not policy.rewrites_questions or (lang == "en" and not leans):
        return by_rules
    means = await borrowing(_means, question, unit)
    if means is None:
        return by_rules
    leaned_on = turns if leans else ()
    with metrics.EXPANSION_SECONDS.time():
        said = await _said(question, means, earlier=leaned_on, stop=stop)
    read = read_rewriting(said, question=question, earlier=leaned_on)
    if read is None:
        return by_rules
    standalone, english = read
    return Rewritten(standalone if leans else question, search_text=english if lang != "en" else None, is_by_model=True)


def _means(question: str, unit: str) -> _Means | None:
    """Return the plan and the words, or None when there is no local model or no active prompt for it."""
    plan = plan_generation(QueryType.QUICK, purpose=REWRITE_PURPOSE, unit=unit, prompt=question)
    if not plan.can_generate:
        return None
    try:
        prompt = active_prompt(REWRITE_PURPOSE, "en")
    except PromptMissing:
        return None
    knobs = replace(plan.knobs, temperature=0.0, max_tokens=MOST_TOKENS)
    return _Means(replace(plan, knobs=knobs, prompt_revision_id=prompt.revision_id), prompt.text)


async def _said(question: str, means: _Means, *, earlier: Sequence[EarlierTurn], stop: asyncio.Event | None) -> str:
    """Return what the model said, nothing when it did not in time."""
    messages = rewrite_messages(question, earlier=earlier, system_prompt=means.prompt, boundary=new_boundary())
    speech = Speech(means.plan, messages, schema=SCHEMA, stop=stop, deadline_s=PATIENCE_S)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await speech.completed()
    except (ModelError, TimeoutError):
        return ""
    finally:
        ledger.write_soon(speech.record(), means.plan)
