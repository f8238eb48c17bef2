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
from rag.domain.grounding import Evidence
from rag.domain.language import detect_language
from rag.domain.listening import Listener
from rag.domain.passages import Passage, Retrieval
from rag.domain.prompting import CHARACTERS_PER_TOKEN, answer_messages, new_boundary, room_tokens, within_budget
from rag.services.prompts import ANSWER_PURPOSE, ActivePrompt, active_prompt

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
    found = wish.retrieval
    if not (found.is_answerable and found.passages):
        return _checked(abstention(found), found, query_type=wish.query_type or QueryType.DETAILED)
    prompt = active_prompt(ANSWER_PURPOSE, found.lang)
    plan = _plan(wish, prompt)
    read = replace(found, passages=_fitting(found, plan))  # only what stands in the prompt can be cited
    speech = Speech(plan, _messages(read, prompt))
    try:
        said = async_to_sync(speech.completed)()
    except NoModelAvailable as exc:
        raise ModelAbsent(NO_MODEL) from exc
    finally:
        ledger.write_soon(speech.record(), plan)
    evidence = evidence_of(read, facts=())
    draft = _heard(said, read, evidence, model=speech.record().model)
    return _checked(draft, read, query_type=plan.query_type, evidence=evidence, found=found)


def _heard(said: str, read: Retrieval, evidence: Evidence, *, model: str) -> Draft:
    """Return what of a model's words may be shown."""
    listener = Listener(passages=len(read.passages), given=given_to(read, facts=()), evidence=evidence, lang=read.lang)
    listener.feed(said)
    listener.flush()
    if listener.has_refused:
        return abstention(read, is_by_model=True)
    return Draft(listener.text, model=model, dropped_citations=listener.dropped_citations, removed=listener.removed)


def _checked(
    draft: Draft,
    read: Retrieval,
    *,
    query_type: str,
    evidence: Evidence | None = None,
    found: Retrieval | None = None,
) -> AnswerResult:
    space = {"embed_model": "", "embed_version": "", "index_version": read.index_version}
    return check(draft, retrieval=read, found=found, given=(), evidence=evidence, query_type=query_type, space=space)


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
    knobs = plan.knobs.asked(temperature=wish.temperature, max_tokens=wish.max_tokens)
    return replace(plan, knobs=knobs, prompt_revision_id=prompt.revision_id)


def _fitting(found: Retrieval, plan: GenerationPlan) -> tuple[Passage, ...]:
    tokens = room_tokens(num_ctx=plan.num_ctx, max_tokens=plan.knobs.max_tokens)
    return within_budget(found.passages, characters=round(tokens * CHARACTERS_PER_TOKEN))


def _messages(read: Retrieval, prompt: ActivePrompt) -> tuple[Message, ...]:
    return answer_messages(
        read.question, system_prompt=prompt.text, passages=read.passages, lang=read.lang, boundary=new_boundary()
    )
