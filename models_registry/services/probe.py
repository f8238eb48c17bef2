"""Have models say a few words, for whoever looks after them: queued like any turn, and kept in the ledger."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asgiref.sync import async_to_sync

from models_registry.domain.chat import GenerationPlan, GenerationRecord, Knobs, Message, Role
from models_registry.domain.errors import ModelError
from models_registry.domain.query_types import QueryType
from models_registry.models import LanguageModel
from models_registry.queries.planning import Listing
from models_registry.services import ledger, registry
from models_registry.services.generate import Speech

PURPOSE = "probe"
LIMIT_S = 30.0  # for all of them together: somebody looks at a page meanwhile
MOST_TOKENS = 48
LONGEST_QUOTE = 200  # characters
SENTENCE = "Say in one short sentence that you are ready."


@dataclass(frozen=True, slots=True)
class Probe:
    """What one model said, or why it did not. Times are None where its host did not tell enough."""

    model: str
    host: str
    words: str = ""
    first_token_ms: int | None = None
    tokens_per_s: float | None = None
    failure: str = ""


def probe(rows: Sequence[LanguageModel], *, unit: str) -> tuple[Probe, ...]:
    """Return how each of these models spoke, all asked at once, in LIMIT_S seconds. `unit` is who waits."""
    known = {(one.candidate.endpoint.slug, one.candidate.model): one for one in registry.current().listings}
    found = [known.get((row.provider.slug, row.tag)) for row in rows]
    plans = [_plan(one, unit=unit) for one in found if one and not one.obstacle]
    told = iter(_spoken(plans))
    return tuple(
        next(told) if one and not one.obstacle else Probe(row.tag, row.provider.slug, failure=_why_not(one))
        for row, one in zip(rows, found, strict=True)
    )


def _why_not(listing: Listing | None) -> str:
    return listing.obstacle if listing else "it does not speak"


def _plan(listing: Listing, *, unit: str) -> GenerationPlan:
    candidate = replace(listing.candidate, is_on_trial=listing.breaker is not None)
    knobs = Knobs(temperature=0.0, max_tokens=MOST_TOKENS)
    return GenerationPlan(PURPOSE, QueryType.QUICK.value, (candidate,), knobs, strategy=PURPOSE, unit=unit)


def _spoken(plans: Sequence[GenerationPlan]) -> list[Probe]:
    asked = (Message(Role.USER, SENTENCE),)
    speeches = [Speech(plan, asked, deadline_s=LIMIT_S) for plan in plans]
    heard = async_to_sync(_all_heard)(speeches)
    for speech, plan in zip(speeches, plans, strict=True):
        ledger.write(speech.record(), plan)
    return [
        _told(plan, speech.record(), words=words, failure=failure)
        for plan, speech, (words, failure) in zip(plans, speeches, heard, strict=True)
    ]


async def _all_heard(speeches: Sequence[Speech]) -> list[tuple[str, str]]:
    return await asyncio.gather(*map(_heard, speeches))


async def _heard(speech: Speech) -> tuple[str, str]:
    """Return what was said, or why nothing was."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await speech.completed(), ""
    except TimeoutError:
        return "", f"it did not end within {LIMIT_S:.0f} s"
    except ModelError as exc:
        return "", str(exc.__cause__ or exc)


def _told(plan: GenerationPlan, record: GenerationRecord, *, words: str, failure: str) -> Probe:
    candidate = plan.candidates[0]
    return Probe(
        model=candidate.model,
        host=candidate.endpoint.slug,
        words=words[:LONGEST_QUOTE],
        first_token_ms=record.first_token_ms,
        tokens_per_s=_speed(record),
        failure=failure,
    )


def _speed(record: GenerationRecord) -> float | None:
    """Return tokens per second from the first one on."""
    if record.generated_tokens is None or record.latency_ms is None or record.first_token_ms is None:
        return None
    speaking_ms = record.latency_ms - record.first_token_ms
    return record.generated_tokens * 1000 / speaking_ms if speaking_ms > 0 else None
