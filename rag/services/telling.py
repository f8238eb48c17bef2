"""What a model is told of a question: our words, earlier turns, facts, and as many passages as help and fit."""

from dataclasses import dataclass, replace

from models_registry.domain.chat import Message
from rag import metrics
from rag.domain.answers import evidence_of, given_to
from rag.domain.grounding import Evidence
from rag.domain.guarding import Given
from rag.domain.levels import Level, level_for
from rag.domain.passages import Retrieval
from rag.domain.prompting import (
    CHARACTERS_PER_TOKEN,
    answer_messages,
    new_boundary,
    recent_turns,
    room_tokens,
    within_budget,
)
from rag.services.prepare import Scene

HISTORY_SHARE = 6  # of the window goes to earlier turns at most, as one part in this many
MOST_HISTORY_TOKENS = 1200


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt, and the retrieval cut to the passages that stand in it: only they can be cited.

    `given` and `evidence` are what its answer is held against.
    """

    messages: tuple[Message, ...]
    retrieval: Retrieval
    level: Level
    given: Given
    evidence: Evidence


def tell(scene: Scene, retrieval: Retrieval) -> Told:
    """Return the prompt: as many passages as the question's level asks for and the smallest planned window holds.

    Reading them takes some ten milliseconds: not for the event loop.
    """
    window = scene.plan.num_ctx
    room = room_tokens(num_ctx=window, max_tokens=scene.plan.knobs.max_tokens)
    # A question that stood alone from the start gets no history: its answer may serve whoever asks the same.
    leaned_on = scene.earlier if scene.standalone else ()
    history = min(window // HISTORY_SHARE, MOST_HISTORY_TOKENS) if leaned_on else 0
    earlier = recent_turns(leaned_on, characters=round(history * CHARACTERS_PER_TOKEN))
    level = level_for(scene.question, query_type=scene.query_type, most_passages=scene.ask.k)
    tokens = min(room - history, level.tokens)
    passages = within_budget(retrieval.passages, characters=round(tokens * CHARACTERS_PER_TOKEN), most=level.passages)
    _measure(retrieval, level, passages_told=len(passages))
    messages = answer_messages(
        scene.question,
        system_prompt=scene.prompt.text if scene.prompt else "",
        passages=passages,
        facts=scene.facts,
        earlier=earlier,
        lang=scene.lang,
        boundary=new_boundary(),
    )
    read, facts = replace(retrieval, passages=passages), scene.fact_lines
    return Told(messages, read, level, given_to(read, facts=facts), evidence_of(read, facts=facts))


def _measure(retrieval: Retrieval, level: Level, *, passages_told: int) -> None:
    left_out = sum(len(one.text) for one in retrieval.passages[passages_told:])
    metrics.CONTEXT_LEVELS.labels(level=level.name).inc()
    metrics.CONTEXT_TOKENS_SAVED.inc(round(left_out / CHARACTERS_PER_TOKEN))
