"""A decision as plain JSON in the ledger, and the same decision made again under another policy. Pure.

What is written are features and numbers, never the prompt. What is read back is enough to decide again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models_registry.domain.breaker import BreakerState
from models_registry.domain.chat import ModelTier
from models_registry.domain.figures import Figures, Source
from models_registry.domain.options import Features, Naming, Option, Policy
from models_registry.domain.routing import Decision, decide

VERSION = 1
MOST_CANDIDATES = 40  # of a decision that is stored: the order first, then those with an obstacle
TUPLES = ("wanted", "usual", "rule_words")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One past decision and what another policy would have chosen. Empty names: no model could be asked."""

    before: str
    after: str
    cost_change_usd: Decimal
    latency_change_ms: float | None

    @property
    def is_same(self) -> bool:
        return self.before == self.after


def plain(options: Sequence[Option], decision: Decision, *, features: Features, policy: Policy) -> dict[str, Any]:
    """Return the decision as JSON can keep it, at most MOST_CANDIDATES long."""
    ranks = {at: rank for rank, at in enumerate(decision.order)}
    kept = [*decision.order, *(at for at in range(len(options)) if at not in ranks)][:MOST_CANDIDATES]
    return {
        "version": VERSION,
        "policy": _fields(policy) | {"max_cost_usd": f"{policy.max_cost_usd:f}"},
        "features": _fields(features) | {"parts": dict(features.parts), "naming": features.naming.value},
        "selected": options[decision.order[0]].model if decision.order else "",
        "selected_host": options[decision.order[0]].host if decision.order else "",
        "explored": decision.explored is not None,
        "left_out": len(options) - len(kept),
        "candidates": [_candidate(at, options[at], decision, ranks.get(at)) for at in kept],
    }


def replay(stored: Mapping[str, Any], *, policy: Policy) -> Replayed:
    """Return what this policy would choose from the stored features and candidates alone.

    :raises ValueError: when the row was written by a version that cannot be read.
    """
    if stored.get("version") != VERSION:
        raise ValueError(f"A decision of version {stored.get('version')} cannot be replayed.")
    rows = sorted(stored["candidates"], key=lambda row: row["place"])
    options = [_option(row) for row in rows]
    decision = decide(options, features=_features(stored["features"]), policy=policy)
    before = next((at for at, row in enumerate(rows) if row["is_chosen"]), None)
    return _compared(before, decision, options)


def _compared(before: int | None, decision: Decision, options: Sequence[Option]) -> Replayed:
    after = decision.chosen
    costs = [options[at].cost_usd if at is not None else Decimal(0) for at in (before, after)]
    waits = [decision.found[at].latency_ms if at is not None else None for at in (before, after)]
    return Replayed(
        before=_name(before, options),
        after=_name(after, options),
        cost_change_usd=costs[1] - costs[0],
        latency_change_ms=waits[1] - waits[0] if waits[0] is not None and waits[1] is not None else None,
    )


def _name(at: int | None, options: Sequence[Option]) -> str:
    return "" if at is None else options[at].model


def _candidate(at: int, option: Option, decision: Decision, rank: int | None) -> dict[str, Any]:
    found = decision.found[at]
    return {
        "host": option.host,
        "model": option.model,
        "tier": option.tier.value,
        "declared": [option.declared_latency_ms, option.declared_quality],
        "observed": [option.observed_latency_ms, option.observed_quality],
        "calls": option.calls,
        "latency_ms": found.latency_ms,
        "quality": found.quality,
        "source": _source(found),
        "cost_usd": f"{option.cost_usd:f}",
        "load_s": option.load_s,
        "is_resident": option.is_resident,
        "size_bytes": option.size_bytes,
        "specialties": list(option.specialties),
        "breaker": option.breaker.value,
        "obstacle": option.obstacle,
        "place": at,
        "rank": rank,
        "is_chosen": rank == 0,
        "reason": decision.reasons[at],
    }


def _source(found: Figures) -> str:
    """Return where the figures come from; both when they differ."""
    known = [source for source in (found.latency_source, found.quality_source) if source is not Source.UNKNOWN]
    return " and ".join(dict.fromkeys(source.value for source in known)) or Source.UNKNOWN.value


def _fields(value: Features | Policy) -> dict[str, Any]:
    kept = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in kept.items()}


def _option(row: Mapping[str, Any]) -> Option:
    return Option(
        host=row["host"],
        model=row["model"],
        tier=ModelTier(row["tier"]),
        declared_latency_ms=row["declared"][0],
        declared_quality=row["declared"][1],
        observed_latency_ms=row["observed"][0],
        observed_quality=row["observed"][1],
        calls=row["calls"],
        cost_usd=Decimal(row["cost_usd"]),
        load_s=row["load_s"],
        is_resident=row["is_resident"],
        size_bytes=row["size_bytes"],
        specialties=tuple(row["specialties"]),
        breaker=BreakerState(row["breaker"]),
        obstacle=row["obstacle"],
    )


def _features(row: Mapping[str, Any]) -> Features:
    read: dict[str, Any] = {name: row[name] for name in Features.__dataclass_fields__}
    read |= {name: tuple(row[name]) for name in TUPLES} | {"naming": Naming(row["naming"])}
    return Features(**read)
