"""Everything about a question that needs the database, done before a model is asked. No model is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.module_loading import import_string

from models_registry.domain.chat import GenerationPlan
from models_registry.domain.query_types import QueryType
from models_registry.domain.rollout import RolloutChoice
from models_registry.domain.variants import ANSWER
from models_registry.services import routes
from models_registry.services.embed import embedding_space
from models_registry.services.plan import plan_generation
from models_registry.services.rollouts import NO_ROLLOUT, rollout_choice
from rag.domain.answers import AnswerResult
from rag.domain.context import ContextBlock
from rag.domain.conversing import Conversing
from rag.domain.errors import PromptMissing
from rag.domain.followups import EarlierTurn, Rewritten
from rag.domain.language import detect_language
from rag.domain.passages import Retrieval
from rag.domain.policy import Policy
from rag.domain.spaces import Space
from rag.queries.conversations import earlier_turns
from rag.queries.policy import library_state
from rag.services import conversations
from rag.services.active_space import active_space
from rag.services.cache import (
    EVERYBODY,
    CacheScope,
    SearchScope,
    keep_retrieval,
    kept_answer,
    kept_retrieval,
    normalized_question,
)
from rag.services.opening import Opening, open_search
from rag.services.prompts import ANSWER_PURPOSE, ActivePrompt, active_prompt
from rag.services.retrieve import retrieve
from rag.services.search_sql import Reader
from rag.services.semantic import similar_answer


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
    conversation: Conversing | None = None
    is_for_everybody: bool = False  # asked by the warmer: whoever may read the same gets this answer
    choice: RolloutChoice | None = None  # of a question in the shadow: what it tries, whatever the asker would get


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known before retrieval. `question` stands alone; `search_text` is searched in its place, if anything."""

    ask: Ask
    lang: str
    query_type: QueryType
    facts: tuple[ContextBlock, ...]
    plan: GenerationPlan
    prompt: ActivePrompt | None
    scope: CacheScope
    policy: Policy
    space: Space | None
    question: str
    search_text: str | None = None
    conversation_id: UUID | None = None
    earlier: tuple[EarlierTurn, ...] = ()
    choice: RolloutChoice = NO_ROLLOUT

    @property
    def fact_lines(self) -> tuple[str, ...]:
        return tuple(line for block in self.facts for line in block.lines)

    @property
    def standalone(self) -> str:
        """The question as it stands alone where that is another one than was asked, else ""."""
        return "" if self.question == self.ask.question else self.question


def set_scene(ask: Ask) -> Scene:
    """Return what an answer depends on.

    :raises ConversationUnknown: when the question goes on with a conversation that is not the asker's.
    """
    lang = ask.lang or detect_language(ask.question)
    facts = node_facts(ask)
    choice = _choice(ask)
    prompt = _prompt(lang, choice)
    plan = _plan(ask, prompt, choice)
    policy, epoch = library_state(ask.user)
    policy = replace(policy, **dict(choice.changes.retrieval))
    conversation_id, earlier = _conversation(ask, policy)
    space = active_space()
    scope = _scope(ask, lang=lang, facts=facts, plan=plan, policy=policy, epoch=epoch, space=space)
    return Scene(
        ask=ask,
        lang=lang,
        query_type=QueryType(plan.query_type),
        facts=facts,
        plan=plan,
        prompt=prompt,
        scope=scope,
        policy=policy,
        space=space,
        question=ask.question,
        conversation_id=conversation_id,
        earlier=earlier,
        choice=choice,
    )


def open_scene(ask: Ask) -> tuple[Scene, AnswerResult | None]:
    """Return what an answer depends on, and the kept answer to a question that leans on no earlier one.

    :raises ConversationUnknown: as `set_scene`.
    """
    scene = set_scene(ask)
    return scene, None if scene.earlier else look_up(scene)


def put(scene: Scene, said: Rewritten) -> Scene:
    """Return the scene with its question as it stands alone, and what is searched in its place."""
    history = sha256(repr(scene.earlier).encode()).hexdigest() if said.standalone != scene.ask.question else ""
    scope = replace(scene.scope, question=normalized_question(said.standalone), history=history)
    return replace(scene, question=said.standalone, search_text=said.search_text, scope=scope)


def look_up(scene: Scene) -> AnswerResult | None:
    """Return an answer kept for the same question: of this asker, of nobody in particular, or one of equal meaning."""
    if not scene.ask.use_cache:
        return None
    alone = replace(scene.scope, history="")
    for scope in dict.fromkeys((scene.scope, alone, alone.of_everybody())):
        if found := kept_answer(scope):
            return replace(found, cached_from=found.standalone or scene.question, standalone=scene.standalone)
    found = similar_answer(scene.question, scope=alone, space=scene.space, policy=scene.policy, at=scene.ask.at)
    return replace(found, standalone=scene.standalone) if found else None


def node_facts(ask: Ask) -> tuple[ContextBlock, ...]:
    """Return what the context sources named in the settings know of the node, nothing when none is named."""
    if not ask.node_pubkey:
        return ()
    sources = (import_string(path)() for path in settings.RAG_CONTEXT_SOURCES)
    blocks = (source.facts(ask.node_pubkey, user=ask.user, at=ask.at) for source in sources)
    return tuple(block for block in blocks if block is not None)


def find_passages(scene: Scene) -> Retrieval:
    """Return the passages for the question, as the asker may read them; those found before while they are kept."""
    ask, policy = scene.ask, scene.policy
    searched, lang = (scene.search_text, "en") if scene.search_text else (scene.question, scene.lang)
    reader = Reader.of(ask.user, languages=policy.languages)
    opening = replace(open_search(searched, lang=lang, reader=reader), space=scene.space)
    scope = _search_scope(scene, opening) if ask.use_cache and policy.retrieval_ttl_s else None
    if scope and (kept := kept_retrieval(scope)):
        return kept
    found = retrieve(
        scene.question,
        k=ask.k,
        lang=scene.lang,
        user=ask.user,
        policy=policy,
        rewritten=scene.search_text,
        opening=opening,
    )
    if scope:
        keep_retrieval(scope, replace(found, took=()), ttl_s=policy.retrieval_ttl_s)
    return found


def space_fields(retrieval: Retrieval, space: Space | None) -> dict[str, str]:
    """Return the embedding space as an answer names it."""
    builtin = embedding_space()
    model, version = (space.model, space.version) if space else (builtin.model, builtin.version)
    return {"embed_model": model, "embed_version": version, "index_version": retrieval.index_version}


def _conversation(ask: Ask, policy: Policy) -> tuple[UUID | None, tuple[EarlierTurn, ...]]:
    if ask.conversation is None:
        return None, ()
    key = ask.conversation.key
    if key is None:
        return uuid4(), ()
    conversations.require(key, user=ask.user, unit=ask.unit, node_pubkey=ask.node_pubkey)
    return key, earlier_turns(key, limit=policy.history_turns)


def _choice(ask: Ask) -> RolloutChoice:
    """Return what rollouts give the asker. What is asked for everybody is nobody's turn."""
    if ask.is_for_everybody:
        return NO_ROLLOUT
    if ask.choice:
        return ask.choice
    return rollout_choice(ask.unit, at=ask.at, purpose=ANSWER, asker=ask.unit, tier=ask.user_tier)


def _prompt(lang: str, choice: RolloutChoice) -> ActivePrompt | None:
    try:
        return active_prompt(ANSWER_PURPOSE, lang, revision_id=choice.changes.prompt_revision)
    except PromptMissing:  # the check names it; readers get quoted passages meanwhile
        return None


def _plan(ask: Ask, prompt: ActivePrompt | None, choice: RolloutChoice) -> GenerationPlan:
    plan = plan_generation(
        ask.query_type,
        purpose=ANSWER_PURPOSE,
        unit=ask.unit,
        force_model=ask.force_model,
        user_tier=ask.user_tier,
        prompt=ask.question,
        changes=choice.changes,
    )
    knobs = plan.knobs.asked(temperature=ask.temperature, max_tokens=ask.max_tokens)
    candidates = plan.candidates if prompt and ask.include_ai else ()
    return replace(
        plan,
        knobs=knobs,
        candidates=candidates,
        prompt_revision_id=prompt.revision_id if prompt else None,
        experiments=choice.experiments,
    )


def _reader(user: AbstractBaseUser | AnonymousUser | None) -> str:
    """Return what tells readers apart who may see different documents."""
    if user is None or not user.is_authenticated:
        return "anyone"
    return f"user:{user.pk}" if user.pk else "key"


def _scope(
    ask: Ask,
    *,
    lang: str,
    facts: Sequence[ContextBlock],
    plan: GenerationPlan,
    policy: Policy,
    epoch: str,
    space: Space | None,
) -> CacheScope:
    lines = "\n".join(line for block in facts for line in (block.title, *block.lines))
    return CacheScope(
        question=normalized_question(ask.question),
        query_type=plan.query_type,
        lang=lang,
        k=ask.k or policy.top_k,
        user=EVERYBODY if ask.is_for_everybody else _reader(ask.user),
        facts_sha256=sha256(f"{ask.node_pubkey or ''}\n{lines}".encode()).hexdigest(),
        index_version=space.slug if space else "",
        epoch=f"{epoch}.{routes.epoch(ANSWER_PURPOSE)}.{policy}",
        prompt_revision=plan.prompt_revision_id,
        models=tuple(f"{one.endpoint.slug}/{one.model}@{one.digest}" for one in plan.candidates),
        knobs=str(plan.knobs),
    )


def _search_scope(scene: Scene, opening: Opening) -> SearchScope:
    """Return what the passages depend on; the glossary is in it by what it makes of the question."""
    return SearchScope(
        question=scene.question,
        searched=opening.expansion.text,
        lang=scene.lang,
        k=scene.scope.k,
        user=scene.scope.user,
        index_version=scene.scope.index_version,
        epoch=scene.scope.epoch,
        policy=str(scene.space),
    )
