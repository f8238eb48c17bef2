"""Tell again what a model said before of exactly these facts, and note what it says now. No model is asked."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rag.domain.events import Event, EventType
from recommendations.services.brief import Brief
from recommendations.services.cards import FIRST_PROGRESS, card
from recommendations.services.prepare import Prepared
from recommendations.services.store import Result


def repeat(prepared: Prepared, result: Result) -> Iterator[Event]:
    """Yield what the model said before of exactly these facts: `cached_data`, then its recommendations."""
    before, told = prepared.memory, prepared.brief
    if before is None or told is None:
        return
    yield Event(EventType.CACHED_DATA, FIRST_PROGRESS, {"model_used": before["model"]})
    result.is_cached, result.model, result.summary = True, before["model"], before["summary"]
    result.analysis, result.quality_score = before["analysis"], before["quality_score"]
    result.quality_components = before["quality_components"]
    by_key = {item.finding_key: item for item in prepared.shown}
    for words in before["items"]:
        if item := by_key.get(words["finding"]):
            cited = tuple(one for one in told.citations if one.number in words["citations"]) or item.citations
            said_of_it = words["explanation"]
            item = replace(item, explanation=said_of_it or item.explanation, citations=cited)
            result.shown.append(replace(item, spoken_by="model" if said_of_it else None))
            yield card(prepared, result.shown[-1], position=len(result.shown), is_spoken=True)


def said(result: Result, told: Brief) -> dict[str, Any]:
    """Return what a model said of these facts, to be remembered."""
    numbers = {citation.chunk_id: citation.number for citation in told.citations}
    items = [
        {
            "finding": item.finding_key,
            "explanation": item.explanation if item.spoken_by else None,  # None: the rule's own words
            "citations": [numbers[one.chunk_id] for one in item.citations if one.chunk_id in numbers],
        }
        for item in result.shown
    ]
    return {
        "model": result.model,
        "summary": result.summary,
        "analysis": dict(result.analysis),
        "quality_score": result.quality_score,
        "quality_components": dict(result.quality_components),
        "items": items,
    }
