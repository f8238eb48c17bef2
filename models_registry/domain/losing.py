"""Say in one sentence why a model stands where it stands in a decision. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models_registry.domain.figures import Figures, expected_s, quality_per_cost
from models_registry.domain.model_names import normalized
from models_registry.domain.options import Features, Naming, Option, Policy


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything a decision was made from."""

    options: Sequence[Option]
    found: Sequence[Figures]
    features: Features
    policy: Policy
    explored: int | None = None


def reasons(order: Sequence[int], obstacles: Sequence[str], made_from: Circumstances) -> tuple[str, ...]:
    """Return a sentence for every option: why it was chosen, or why not."""
    told = list(obstacles)
    for rank, at in enumerate(order):
        told[at] = _winning(at, made_from) if rank == 0 else _losing(at, order[0], rank, made_from)
    return tuple(told)


def _winning(at: int, made_from: Circumstances) -> str:
    features, policy = made_from.features, made_from.policy
    if made_from.explored == at:
        return "tried because it is less known than the others"
    if features.naming is Naming.REQUEST:
        return "the model that was asked for"
    if not _is_banded(made_from):
        return "the first of the list that can be asked"
    if features.naming is Naming.RULE:
        return f"the rule {features.rule} calls for it ({', '.join(features.rule_words)})"
    if features.complexity < policy.low_complexity:
        return f"complexity {features.complexity:g}: the fastest of the cheapest tier"
    if features.complexity < policy.high_complexity:
        return f"complexity {features.complexity:g}: the most quality for its cost"
    return f"complexity {features.complexity:g}: the best"


def _losing(at: int, winner: int, rank: int, made_from: Circumstances) -> str:
    options, features, policy = made_from.options, made_from.features, made_from.policy
    if normalized(options[at].model) == normalized(options[winner].model):
        return "the same model on another host: the queue chooses between them"
    if made_from.explored == winner:
        return "another one is tried this time"
    if late := _late(at, made_from):
        return late
    if features.naming is not Naming.NOTHING or not _is_banded(made_from):
        return f"it stands later in the order (place {rank + 1})"
    if features.complexity < policy.low_complexity:
        return _slower(at, winner, made_from)
    if features.complexity < policy.high_complexity:
        return _less_for_its_cost(at, winner, made_from)
    return _less_good(at, winner, made_from)


def _is_banded(made_from: Circumstances) -> bool:
    return made_from.features.is_auto and made_from.policy.is_routing


def _late(at: int, made_from: Circumstances) -> str:
    deadline_s = made_from.features.deadline_s
    seconds = expected_s(made_from.options[at], made_from.found[at])
    if deadline_s is None or seconds is None or seconds <= deadline_s:
        return ""
    return f"about {seconds:.1f} s, later than the {deadline_s:g} s wanted"


def _slower(at: int, winner: int, made_from: Circumstances) -> str:
    options, found = made_from.options, made_from.found
    if options[at].tier is not options[winner].tier:
        return f"{options[at].tier.value}, where {options[winner].tier.value} is enough"
    mine, best = found[at].latency_ms, found[winner].latency_ms
    if mine is None or best is None:
        return "nobody knows yet how fast it is"
    return f"{mine:.0f} ms against {best:.0f} ms"


def _less_for_its_cost(at: int, winner: int, made_from: Circumstances) -> str:
    options, found = made_from.options, made_from.found
    if found[at].quality is None:
        return "nobody knows yet how good it is"
    mine, best = (quality_per_cost(found[one], options[one].cost_usd) for one in (at, winner))
    return f"quality for its cost {mine:.0f} against {best:.0f}"


def _less_good(at: int, winner: int, made_from: Circumstances) -> str:
    mine, best = made_from.found[at].quality, made_from.found[winner].quality
    if mine is None or best is None:
        return "nobody knows yet how good it is"
    if mine == best:
        return "as good, but slower or dearer"
    return f"quality {mine:g} against {best:g}"
