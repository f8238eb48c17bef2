"""Let one call of a program in and plan it: its key, its limits and the models to ask, in one visit to the database."""

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from models_registry.domain.chat import GenerationPlan, Knobs, Message, Role
from models_registry.domain.errors import KeyInvalid, ModelNotInstalled
from models_registry.domain.hearing import Heard, hear
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey
from models_registry.queries.planning import Snapshot
from models_registry.services import entrance, health, keys, limits, registry
from models_registry.services.borrow import Visit, give_back
from models_registry.services.entrance import Admitted
from models_registry.services.plan import AUTO, GATEWAY, plan_chat

__all__ = ["AUTO", "GATEWAY", "Caller", "PlannedTurn", "Wanted", "let_in", "plan_turn", "plan_turn_here"]

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0  # per process; a look costs a query, and nobody waits for it


@dataclass(frozen=True, slots=True)
class Wanted:
    """One answer a program asks for. What is None is left to us."""

    model: str  # "auto", or an installed name
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    on_behalf_of: str = ""  # whom the program serves, in its own words; only its hash is kept
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `owner` may stop the turn; the queue is fair between units, and choices stick to them."""

    owner: str
    unit: str
    tier: str


@dataclass(frozen=True, slots=True)
class PlannedTurn:
    """A call that was let in, with everything decided for it."""

    caller: Caller
    plan: GenerationPlan


def let_in(authorization: str, *, scope: Scope, at: datetime, on_behalf_of: str = "") -> Caller:
    """Return who asks, with the request counted.

    :raises KeyInvalid: when the header holds no key that opens anything.
    :raises ScopeMissing: when the key was not made for this.
    :raises QuotaExceeded: when it asked too often.
    :raises LimiterUnavailable: when it cannot be counted.
    """
    key = keys.from_header(authorization, at=at)
    if key is None:
        raise KeyInvalid("This is no valid API key. Send the header Authorization: Bearer lnr_…")
    keys.require(key, scope)
    limits.charge_key(key, at=at)
    return _caller(key, on_behalf_of)


def plan_turn(authorization: str, wanted: Wanted, *, at: datetime) -> PlannedTurn:
    """Let a call in, and return everything decided for its answer.

    :raises ModelError: as `let_in`.
    :raises ModelNotInstalled: when no host holds the model that was named.
    """
    caller = let_in(authorization, scope=Scope.GATEWAY, at=at, on_behalf_of=wanted.on_behalf_of)
    plan = _planned(wanted, caller, at=at)
    return PlannedTurn(caller, replace(plan, knobs=tuned(plan.knobs, wanted)))


async def plan_turn_here(authorization: str, wanted: Wanted, *, visit: Visit, at: datetime) -> PlannedTurn:
    """Do as `plan_turn` without leaving the event loop, where nothing stands in the way; else by a visit.

    :raises ModelError: as `plan_turn`.
    """
    admitting = asyncio.ensure_future(entrance.admit(authorization, scope=Scope.GATEWAY, at=at))
    await asyncio.sleep(0)  # the statement is on its way: the words are listened to while the database works
    heard = hear(question_in(wanted.messages))
    guess = entrance.guess(authorization)
    ahead = _plan_for(guess, wanted, heard, at=at) if guess else None
    admitted = await admitting
    if admitted is None:
        return await visit(plan_turn, authorization, wanted, at=at)
    caller = _caller(admitted.key, wanted.on_behalf_of)
    plan = ahead if admitted is guess else _plan_for(admitted, wanted, heard, at=at)
    if plan is None:
        plan = await visit(_planned, wanted, caller, at=at)
    return PlannedTurn(caller, replace(plan, knobs=tuned(plan.knobs, wanted)))


def tuned(knobs: Knobs, wanted: Wanted) -> Knobs:
    """Return the knobs with those that the caller turned."""
    names = ("top_p", "seed", "presence_penalty", "frequency_penalty")
    turned = {name: value for name in names if (value := getattr(wanted, name)) is not None}
    return replace(knobs, stop=wanted.stop or knobs.stop, **turned)


def question_in(messages: Sequence[Message]) -> str:
    """Return what the user said last: the part of a conversation that tells which kind of question it is."""
    said = [message.content for message in messages if message.role is Role.USER]
    return said[-1] if said else messages[-1].content


def _planned(wanted: Wanted, caller: Caller, *, at: datetime) -> GenerationPlan:
    """Plan from what is known; only where that is not enough, the hosts are looked at first."""
    heard = hear(question_in(wanted.messages))
    _watch.keep()
    try:
        if (plan := _plan(wanted, caller, heard, at=at)).can_generate:
            return plan
    except ModelNotInstalled:
        health.ensure_fresh(health.UNHEALTHY_AGE_S, at=at)  # it may have been pulled this minute
    else:
        health.ensure_fresh(at=at)
    return _plan(wanted, caller, heard, at=at)


def _plan_for(admitted: Admitted, wanted: Wanted, heard: Heard, *, at: datetime) -> GenerationPlan | None:
    """Return the plan if it takes nothing but memory."""
    if not registry.is_kept(admitted.epoch):
        return None
    _watch.keep()
    caller = _caller(admitted.key, wanted.on_behalf_of)
    try:
        plan = _plan(wanted, caller, heard, at=at, known=registry.at_epoch(admitted.epoch))
    except ModelNotInstalled:
        return None
    return plan if plan.can_generate else None


def _plan(
    wanted: Wanted, caller: Caller, heard: Heard, *, at: datetime, known: Snapshot | None = None
) -> GenerationPlan:
    return plan_chat(
        wanted.model,
        heard=heard,
        unit=caller.unit,
        user_tier=caller.tier,
        max_tokens=wanted.max_tokens,
        temperature=wanted.temperature,
        at=at,
        known=known,
    )


def _caller(key: ApiKey, on_behalf_of: str) -> Caller:
    owner = f"user:{key.user_id}" if key.user_id else f"key:{key.pk}"
    if not on_behalf_of:
        return Caller(owner=owner, unit=owner, tier=key.tier)
    digest = hashlib.sha256(on_behalf_of.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return Caller(owner=owner, unit=f"{owner}/{digest}", tier=key.tier)


@dataclass(slots=True)
class _Watch:
    """Has the hosts looked at behind the callers' backs, while there are callers."""

    _looked_at: float = field(default=float("-inf"))
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def keep(self) -> None:
        """Begin a look when the latest is too long ago. Returns at once."""
        if time.monotonic() - self._looked_at < LOOK_EVERY_S or not self._looking.acquire(blocking=False):
            return
        self._looked_at = time.monotonic()
        threading.Thread(target=self._look, name="look-at-hosts", daemon=True).start()

    def _look(self) -> None:
        try:
            health.ensure_fresh()
        except Exception:  # a thread's own door: nobody is there to be told
            logger.exception("Unable to look at the hosts")
        finally:
            self._looking.release()
            give_back()


_watch = _Watch()
