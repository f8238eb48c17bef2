"""Replay past decisions against a policy: what would have been chosen, dearer or cheaper, faster or slower."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models_registry.domain.decisions import Replayed, replay
from models_registry.queries.decisions import policy_named, stored_decisions

MOST_SHOWN = 20  # pairs of models in a report


@dataclass(frozen=True, slots=True)
class Change:
    """How often one model would have taken the place of another. An empty name: nobody could have been asked."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a policy would have changed. Cost and latency as the stored decisions estimated them, not as paid."""

    policy: str
    same: int
    changed: int
    unreadable: int
    changes: tuple[Change, ...]
    cost_change_usd: Decimal
    mean_latency_change_ms: float | None

    @property
    def total(self) -> int:
        return self.same + self.changed


def replay_decisions(*, policy_slug: str | None, since: datetime | None, limit: int) -> ReplayReport | None:
    """Return what the policy would have chosen in the latest decisions; None when there is no such policy."""
    policy = policy_named(policy_slug)
    if policy is None:
        return None
    found: list[Replayed] = []
    unreadable = 0
    for decision in stored_decisions(since=since, limit=limit):
        try:
            found.append(replay(decision, policy=policy))
        except (ValueError, KeyError, TypeError):  # written by another version of this product
            unreadable += 1
    return _report(policy.slug, found, unreadable)


def _report(policy: str, found: list[Replayed], unreadable: int) -> ReplayReport:
    pairs = Counter((one.before, one.after) for one in found if not one.is_same)
    waits = [one.latency_change_ms for one in found if one.latency_change_ms is not None]
    return ReplayReport(
        policy=policy,
        same=sum(one.is_same for one in found),
        changed=sum(not one.is_same for one in found),
        unreadable=unreadable,
        changes=tuple(Change(*pair, count) for pair, count in pairs.most_common(MOST_SHOWN)),
        cost_change_usd=sum((one.cost_change_usd for one in found), Decimal(0)),
        mean_latency_change_ms=sum(waits) / len(waits) if waits else None,
    )
