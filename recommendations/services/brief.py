"""Assemble what a model is told for a turn of advice, and what its answer will be held against."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from models_registry.domain.chat import Message, Role
from models_registry.domain.query_types import QueryType
from rag.domain.passages import Citation
from rag.domain.prompting import FRAMES, data_block, new_boundary
from rag.services.prompts import ActivePrompt, active_prompt
from recommendations.domain.briefing import channel_lines, lines
from recommendations.domain.facts import NodeFacts
from recommendations.domain.grounds import known, number_citations
from recommendations.domain.model_output import Known
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.shapes import SHAPES, Shape

MOST_FINDINGS = 12
CHOOSING = {
    "en": "Choose up to {count} of the findings above, most useful first, and answer as JSON by the given schema. "
    "`finding` is a key from the findings. `evidence` holds evidence ids of that finding. `citations` holds passage "
    "numbers. Use only numbers that stand in the data. Write no commands. Answer in English.",
    "fr": "Choisis au plus {count} des constats ci-dessus, les plus utiles d'abord; réponds en JSON selon le schéma. "
    "`finding` est une clé des constats. `evidence` contient des identifiants de preuve de ce constat. `citations` "
    "contient des numéros de passage. N'utilise que des nombres présents dans les données. N'écris aucune commande. "
    "Réponds en français.",
}
DESCRIBING = {
    "en": "Describe this node for its operator in at most 200 words: where it stands, what is strong, what is weak, "
    "and what to look at first. Use only numbers that stand in the data, cite passages like [1], write no commands. "
    "Answer in English.",
    "fr": "Décris ce nœud à son opérateur en 200 mots au plus : sa position, ses forces, ses faiblesses et ce qu'il "
    "faut regarder d'abord. N'utilise que des nombres présents dans les données, cite les passages comme [1], "
    "n'écris aucune commande. Réponds en français.",
}


@dataclass(frozen=True, slots=True)
class Brief:
    """The messages of one turn, the citations by number, and what may be said."""

    messages: tuple[Message, ...]
    citations: tuple[Citation, ...]
    known: Known
    finding_keys: tuple[str, ...]
    shape: Shape
    digest: str  # of every line told, for the cache
    prompt_revision_id: int | None


def brief(
    facts: NodeFacts,
    items: tuple[ScoredRecommendation, ...],
    query_type: QueryType,
    *,
    lang: str,
    is_prose: bool = False,
    prompt_revision: int | None = None,
) -> Brief:
    """Return the brief of the best findings; `is_prose` asks for a description instead of chosen findings.

    `prompt_revision` takes the place of the active prompt, where it is one of the same purpose and language.
    """
    chosen = items[:MOST_FINDINGS]
    citations = number_citations(chosen)
    told = told_lines(facts, items)
    prompt = active_prompt(f"advice:{query_type}", lang, revision_id=prompt_revision)
    shape = SHAPES[query_type]
    closing = (DESCRIBING if is_prose else CHOOSING)[lang].format(count=shape.most_chosen)
    return Brief(
        messages=_messages(prompt, told, citations, closing, lang=lang),
        citations=citations,
        known=known(chosen, citations, told, lang=lang),
        finding_keys=tuple(item.finding_key for item in chosen),
        shape=shape,
        digest=_digest(told, citations),
        prompt_revision_id=prompt.revision_id,
    )


def told_lines(facts: NodeFacts, items: tuple[ScoredRecommendation, ...]) -> tuple[str, ...]:
    """Return what a model is told of the node and the best findings, line by line."""
    chosen = items[:MOST_FINDINGS]
    targets = tuple(item.target for item in chosen)
    found = (line for item in chosen for line in _finding_lines(item))
    return (*lines(facts), *channel_lines(facts, targets), *found)


def _digest(told: tuple[str, ...], citations: tuple[Citation, ...]) -> str:
    text = "\n".join((*told, *(citation.quote for citation in citations)))
    return hashlib.sha256(text.encode()).hexdigest()


def _messages(
    prompt: ActivePrompt, told: tuple[str, ...], citations: tuple[Citation, ...], closing: str, *, lang: str
) -> tuple[Message, ...]:
    boundary = new_boundary()
    system = f"{prompt.text.strip()}\n\n{FRAMES[lang][0].format(boundary=boundary)}"
    passages = (
        data_block(f"passage [{item.number}]: {item.breadcrumb}", item.quote, boundary=boundary) for item in citations
    )
    blocks = (data_block("node facts and findings", "\n".join(told), boundary=boundary), *passages, closing)
    return Message(Role.SYSTEM, system), Message(Role.USER, "\n\n".join(blocks))


def _finding_lines(item: ScoredRecommendation) -> Iterator[str]:
    yield f"finding {item.finding_key}: {item.title} (priority {item.priority}, score {item.score:.0f})"
    yield f"  {item.explanation}"
    if item.gain is not None:
        gain = item.gain
        yield f"  expected gain {gain.low_sat:,} to {gain.high_sat:,} sat in {gain.horizon_days} days"
    for evidence in item.evidence:
        value = "unknown" if evidence.value is None else evidence.value
        yield f"  evidence {evidence.id}: {evidence.label} {value} {evidence.unit}".rstrip()
