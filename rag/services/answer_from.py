"""Have a model answer from passages that are given, or found for it: for programs that retrieve by themselves.

Nothing is kept but the ledger's row. Without a model there is no answer: whoever wants quotes then asks `answer`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from asgiref.sync import async_to_sync

from models_registry.domain.chat import GenerationPlan, Message
from models_registry.domain.errors import NoModelAvailable
from models_registry.domain.query_types import QueryType
from models_registry.services import ledger
from models_registry.services.generate import Speech
from models_registry.services.plan import plan_generation
from rag.domain.answers import AnswerResult, Draft, abstention, check, evidence_of, given_to
from rag.domain.errors import ModelAbsent
from rag.domain.language import detect_language
from rag.domain.listening import Listener
from rag.domain.passages import Passage, Retrieval
from rag.domain.prompting import answer_messages, new_boundary, within_budget
from rag.services.prompts import ANSWER_PURPOSE, ActivePrompt, active_prompt

CHARACTERS_PER_TOKEN = 3.2  # of Markdown with commands and numbers; prose has more
NO_MODEL = "No model can be asked now. POST /api/v1/rag/query quotes the library meanwhile; /rag/retrieve finds."


@dataclass(frozen=True, slots=True)
class Wish:
    """What to answer from which passages. Knobs that are None come from the strategy of its kind."""

    retrieval: Retrieval
    unit: str
    user_tier: str | None = None
    query_type: QueryType | None = None
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None


def given_passages(question: str, texts: Sequence[tuple[str, str]], *, lang: str | None = None) -> Retrieval:
    """Return (title, text) pairs as the passages for a question, numbered from 1 in their order."""
    passages = tuple(
        Passage(
            chunk_id=-number,  # no passage of ours: nothing of the library has this id
            document_id=-number,
            document_uid=f"given:{number}",
            title=title,
            breadcrumb=title,
            text=text,
            lang=detect_language(text),
            url="",
            rank=number,
            score=0.0,
            cosine=None,
            bm25=None,
            dense_rank=None,
            lexical_rank=None,
        )
        for number, (title, text) in enumerate(texts, start=1)
    )
    return Retrieval(question, lang or detect_language(question), passages, best_cosine=None)


def answer_from(wish: Wish) -> AnswerResult:
    """Return the checked answer of a model, with the citations of the passages it draws on.

    Where the passages cannot hold the answer no model is asked: it says what is missing.

    :raises ModelAbsent: when no model can be asked now.
    :raises PromptMissing: when no prompt is active.
    :raises ModelError: when the model fails or is busy.
    """
    retrieval = wish.retrieval
    if not (retrieval.is_answerable and retrieval.passages):
        return _checked(abstention(retrieval), retrieval, query_type=wish.query_type or QueryType.DETAILED)
    prompt = active_prompt(ANSWER_PURPOSE, retrieval.lang)
    plan = _plan(wish, prompt)
    speech = Speech(plan, _messages(retrieval, plan, prompt))
    try:
        said = async_to_sync(speech.completed)()
    except NoModelAvailable as exc:
        raise ModelAbsent(NO_MODEL) from exc
    finally:
        ledger.write_soon(speech.record(), plan)
    heard = Listener(
        passages=len(retrieval.passages),
        given=given_to(retrieval, facts=()),
        evidence=evidence_of(retrieval, facts=()),
        lang=retrieval.lang,
    )
    heard.feed(said)
    heard.flush()
    draft = Draft(
        heard.text, model=speech.record().model, dropped_citations=heard.dropped_citations, removed=heard.removed
    )
    draft = abstention(retrieval, is_by_model=True) if heard.has_refused else draft
    return _checked(draft, retrieval, query_type=plan.query_type)


def _checked(draft: Draft, retrieval: Retrieval, *, query_type: str) -> AnswerResult:
    space = {"embed_model": "", "embed_version": "", "index_version": retrieval.index_version}
    return check(draft, retrieval=retrieval, given=(), query_type=query_type, space=space)


def _plan(wish: Wish, prompt: ActivePrompt) -> GenerationPlan:
    plan = plan_generation(
        wish.query_type,
        purpose=ANSWER_PURPOSE,
        unit=wish.unit,
        force_model=wish.model,
        user_tier=wish.user_tier,
        prompt=wish.retrieval.question,
    )
    if not plan.can_generate:
        raise ModelAbsent(NO_MODEL)
    knobs = replace(
        plan.knobs,
        temperature=plan.knobs.temperature if wish.temperature is None else wish.temperature,
        max_tokens=plan.knobs.max_tokens if wish.max_tokens is None else wish.max_tokens,
    )
    return replace(plan, knobs=knobs, prompt_revision_id=prompt.revision_id)


def _messages(retrieval: Retrieval, plan: GenerationPlan, prompt: ActivePrompt) -> tuple[Message, ...]:
    window = min((candidate.num_ctx for candidate in plan.candidates), default=plan.knobs.num_ctx)
    tokens = max(window - plan.knobs.max_tokens, window // 3)
    return answer_messages(
        retrieval.question,
        system_prompt=prompt.text,
        passages=within_budget(retrieval.passages, characters=int(tokens * CHARACTERS_PER_TOKEN)),
        lang=retrieval.lang,
        boundary=new_boundary(),
    )
