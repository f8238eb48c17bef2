"""Everything about a question that needs the database, done before a model is asked. No model is asked here."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.module_loading import import_string

from models_registry.domain.chat import GenerationPlan, Message
from models_registry.domain.query_types import QueryType
from models_registry.services import routes
from models_registry.services.embed import embedding_space
from models_registry.services.plan import plan_generation
from rag.domain.context import ContextBlock
from rag.domain.errors import PromptMissing
from rag.domain.language import detect_language
from rag.domain.passages import Retrieval
from rag.domain.policy import Policy
from rag.domain.prompting import answer_messages, new_boundary, within_budget
from rag.queries.policy import library_state
from rag.services.cache import CacheScope, kept_answer, normalized_question
from rag.services.prompts import ANSWER_PURPOSE, ActivePrompt, active_prompt
from rag.services.retrieve import retrieve

CHARACTERS_PER_TOKEN = 3.2  # of Markdown with commands and numbers; prose has more
PROMPT_OVERHEAD_TOKENS = 700  # our own words and the question


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with who asks and how. Knobs that are None come from the strategy, `k` from the library's policy."""

    question: str
    unit: str
    user: AbstractBaseUser | AnonymousUser | None
    at: datetime
    lang: str | None = None
    node_pubkey: str | None = None
    k: int | None = None
    use_cache: bool = True
    query_type: QueryType | None = None
    force_model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    include_ai: bool = True
    user_tier: str | None = None  # None: that of the user whom `unit` names


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known before retrieval: language, kind, facts, plan, and the answer kept from before."""

    ask: Ask
    lang: str
    query_type: QueryType
    facts: tuple[ContextBlock, ...]
    plan: GenerationPlan
    prompt: ActivePrompt | None
    scope: CacheScope
    policy: Policy
    kept: dict[str, Any] | None


def set_scene(ask: Ask) -> Scene:
    """Return what an answer depends on, and the kept answer when there is one."""
    lang = ask.lang or detect_language(ask.question)
    facts = node_facts(ask)
    prompt = _prompt(lang)
    plan = _plan(ask, prompt)
    policy, epoch = library_state(ask.user)
    scope = _scope(ask, lang=lang, facts=facts, plan=plan, policy=policy, epoch=epoch)
    kept = kept_answer(scope) if ask.use_cache else None
    return Scene(ask, lang, QueryType(plan.query_type), facts, plan, prompt, scope, policy, kept)


def node_facts(ask: Ask) -> tuple[ContextBlock, ...]:
    """Return what the context sources named in the settings know of the node, nothing when none is named."""
    if not ask.node_pubkey:
        return ()
    sources = (import_string(path)() for path in settings.RAG_CONTEXT_SOURCES)
    blocks = (source.facts(ask.node_pubkey, user=ask.user, at=ask.at) for source in sources)
    return tuple(block for block in blocks if block is not None)


def find_passages(scene: Scene) -> Retrieval:
    """Return the passages for the question, as the asker may read them."""
    ask = scene.ask
    return retrieve(ask.question, k=ask.k, lang=scene.lang, user=ask.user, policy=scene.policy)


def messages_for(scene: Scene, retrieval: Retrieval) -> tuple[Message, ...]:
    """Return the prompt: as many passages as the smallest window of the planned models holds."""
    window = min((candidate.num_ctx for candidate in scene.plan.candidates), default=scene.plan.knobs.num_ctx)
    tokens = max(window - scene.plan.knobs.max_tokens - PROMPT_OVERHEAD_TOKENS, window // 3)
    return answer_messages(
        scene.ask.question,
        system_prompt=scene.prompt.text if scene.prompt else "",
        passages=within_budget(retrieval.passages, characters=int(tokens * CHARACTERS_PER_TOKEN)),
        facts=scene.facts,
        lang=scene.lang,
        boundary=new_boundary(),
    )


def space_fields() -> dict[str, str]:
    """Return the embedding space as an answer names it."""
    space = embedding_space()
    return {"embed_model": space.model, "embed_version": space.version, "index_version": space.slug}


def _prompt(lang: str) -> ActivePrompt | None:
    try:
        return active_prompt(ANSWER_PURPOSE, lang)
    except PromptMissing:  # the check names it; readers get quoted passages meanwhile
        return None


def _plan(ask: Ask, prompt: ActivePrompt | None) -> GenerationPlan:
    plan = plan_generation(
        ask.query_type,
        purpose=ANSWER_PURPOSE,
        unit=ask.unit,
        force_model=ask.force_model,
        user_tier=ask.user_tier,
        prompt=ask.question,
    )
    knobs = replace(
        plan.knobs,
        temperature=plan.knobs.temperature if ask.temperature is None else ask.temperature,
        max_tokens=plan.knobs.max_tokens if ask.max_tokens is None else ask.max_tokens,
    )
    candidates = plan.candidates if prompt and ask.include_ai else ()
    return replace(plan, knobs=knobs, candidates=candidates, prompt_revision_id=prompt.revision_id if prompt else None)


def _reader(user: AbstractBaseUser | AnonymousUser | None) -> str:
    """Return what tells readers apart who may see different documents."""
    if user is None or not user.is_authenticated:
        return "anyone"
    return f"user:{user.pk}" if user.pk else "key"


def _scope(
    ask: Ask, *, lang: str, facts: tuple[ContextBlock, ...], plan: GenerationPlan, policy: Policy, epoch: str
) -> CacheScope:
    lines = "\n".join(line for block in facts for line in (block.title, *block.lines))
    return CacheScope(
        question=normalized_question(ask.question),
        query_type=plan.query_type,
        lang=lang,
        k=ask.k or policy.top_k,
        user=_reader(ask.user),
        facts_sha256=sha256(f"{ask.node_pubkey or ''}\n{lines}".encode()).hexdigest(),
        index_version=embedding_space().slug,
        epoch=f"{epoch}.{routes.epoch(ANSWER_PURPOSE)}.{policy.least_cosine}",
        prompt_revision=plan.prompt_revision_id,
        models=tuple(f"{one.endpoint.slug}/{one.model}@{one.digest}" for one in plan.candidates),
        knobs=str(plan.knobs),
    )
