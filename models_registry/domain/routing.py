"""Decide which models are asked, in which order, and why each other one lost. Pure.

Who may be asked is settled first: an obstacle, the cost cap. The order comes from the names that a strategy or a rule
gives; where none is given and the policy routes, from the bands of complexity (RT-03). Fallback goes from the chosen
model down to cheaper tiers (RT-05). One model on several hosts stands together: the queue chooses among hosts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models_registry.domain.chat import ModelTier
from models_registry.domain.figures import Figures, expected_s, figures_of, quality_per_cost
from models_registry.domain.learning import reordered, to_explore
from models_registry.domain.losing import Circumstances, reasons
from models_registry.domain.model_names import can_speak, is_named_by, normalized, pinned_num_ctx
from models_registry.domain.options import Features, Naming, Option, Policy

__all__ = ["Decision", "can_speak", "decide", "is_named_by", "normalized", "pinned_num_ctx"]

TIER_RANK: Mapping[ModelTier, int] = {tier: rank for rank, tier in enumerate(ModelTier)}
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Decision:
    """Places in the list of options, best first, and for every option why it stands where it stands."""

    order: tuple[int, ...]
    reasons: tuple[str, ...]
    found: tuple[Figures, ...]
    explored: int | None = None

    @property
    def chosen(self) -> int | None:
        return self.order[0] if self.order else None


def decide(options: Sequence[Option], *, features: Features, policy: Policy) -> Decision:
    """Return the order in which these models are asked. `options` are sorted by host priority, then size."""
    found = tuple(figures_of(option, policy=policy) for option in options)
    obstacles = tuple(option.obstacle or _over_cap(option, policy) for option in options)
    ways = [at for at, obstacle in enumerate(obstacles) if not obstacle]
    order = _by_deadline(_ordered(ways, options, found, features, policy), options, found, features)
    explored = _explored(order, options, features, policy)
    if explored is not None:
        order = [explored, *(at for at in order if at != explored)]
    order = _hosts_together(order, options)
    told = reasons(order, obstacles, Circumstances(options, found, features, policy, explored))
    return Decision(order=tuple(order), reasons=told, found=found, explored=explored)


def _over_cap(option: Option, policy: Policy) -> str:
    if option.cost_usd <= policy.max_cost_usd:
        return ""
    cost, cap = option.cost_usd.normalize(), policy.max_cost_usd.normalize()
    return f"it would cost about {cost:f} $, over the cap of {cap:f} $"


def _ordered(
    ways: Sequence[int], options: Sequence[Option], found: Sequence[Figures], features: Features, policy: Policy
) -> list[int]:
    """Return the named models as named, then the others: by the bands where they decide, else the largest first."""
    is_banded = features.is_auto and policy.is_routing
    names = features.wanted if policy.is_routing or not features.is_auto else features.usual
    named = _named(ways, options, names)
    if policy.is_routing and policy.is_learning:
        named = reordered(named, found)
    others = [at for at in ways if at not in named]
    if not is_banded:
        return [*named, *sorted(others, key=lambda at: -(options[at].size_bytes or 0))]
    banded = _banded(others, options, found, features, policy)
    special = [at for at in banded if features.specialty and features.specialty in options[at].specialties]
    return _falling_back([*named, *special, *(at for at in banded if at not in special)], len(named), options)


def _named(ways: Sequence[int], options: Sequence[Option], names: Sequence[str]) -> list[int]:
    return list(dict.fromkeys(at for name in names for at in ways if is_named_by(options[at].model, name)))


def _banded(
    ways: Sequence[int], options: Sequence[Option], found: Sequence[Figures], features: Features, policy: Policy
) -> list[int]:
    """Return the models by what the complexity calls for: fast and local, much quality for the money, the best."""
    usual = _named(ways, options, features.usual)
    place = {at: usual.index(at) if at in usual else len(usual) for at in ways}

    def fastest(at: int) -> tuple[float, ...]:
        return TIER_RANK[options[at].tier], _or_never(found[at].latency_ms), place[at]

    def worth_its_cost(at: int) -> tuple[float, ...]:
        return -quality_per_cost(found[at], options[at].cost_usd), _or_never(found[at].latency_ms), place[at]

    def best(at: int) -> tuple[float, ...]:
        cost, latency_ms = float(options[at].cost_usd), _or_never(found[at].latency_ms)
        return -(found[at].quality or 0.0), cost, latency_ms, place[at]

    if features.complexity < policy.low_complexity:
        return sorted(ways, key=fastest)
    return sorted(ways, key=worth_its_cost if features.complexity < policy.high_complexity else best)


def _falling_back(order: Sequence[int], named: int, options: Sequence[Option]) -> list[int]:
    """Return the order with what follows the chosen and the named models sorted from its tier down, then up."""
    if not order:
        return []
    kept = max(1, named)
    top = TIER_RANK[options[order[0]].tier]

    def steps(at: int) -> int:
        rank = TIER_RANK[options[at].tier]
        return top - rank if rank <= top else len(TIER_RANK) + rank

    return [*order[:kept], *sorted(order[kept:], key=steps)]


def _by_deadline(
    order: Sequence[int], options: Sequence[Option], found: Sequence[Figures], features: Features
) -> list[int]:
    """Return those first that will be in time, then those nobody knows, then the others, the fastest first (GW-07)."""
    deadline_s = features.deadline_s
    if deadline_s is None or features.naming is Naming.REQUEST:
        return list(order)

    def lateness(at: int) -> tuple[int, float]:
        expected = expected_s(options[at], found[at])
        if expected is None:
            return 1, 0.0
        return (0, 0.0) if expected <= deadline_s else (2, expected)

    return sorted(order, key=lateness)


def _explored(order: Sequence[int], options: Sequence[Option], features: Features, policy: Policy) -> int | None:
    """Return the less known model of the chosen one's tier, or a cheaper one, that this unit tries."""
    if not order or not policy.is_routing or features.naming is Naming.REQUEST:
        return None
    top = TIER_RANK[options[order[0]].tier]
    tiers = [tier for tier, rank in TIER_RANK.items() if rank <= top]
    return to_explore(order, options, policy=policy, place=features.place, tiers=tiers)


def _hosts_together(order: Sequence[int], options: Sequence[Option]) -> list[int]:
    together: dict[str, list[int]] = {}
    for at in order:
        together.setdefault(normalized(options[at].model), []).append(at)
    return [at for places in together.values() for at in places]


def _or_never(latency_ms: float | None) -> float:
    return NEVER if latency_ms is None else latency_ms
