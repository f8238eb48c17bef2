"""How bold advice may be: one table of factors on the rules' numbers. Balanced is the rows as they stand.

The guard's bounds stay what they are for everybody: nobody is advised a fee change within 24 h, below 10 ppm or 10 %, a
step above 50 %, or a close below the shipped confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recommendations.domain.advice import Thresholds


class Profile(StrEnum):
    """How bold the advice for a node may be."""

    CONSERVATIVE = "conservative"
    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"


@dataclass(frozen=True, slots=True)
class Scale:
    """What a profile makes of one number of one rule: the row's value times a factor, within bounds that never move."""

    rule: str
    name: str
    conservative: float
    aggressive: float
    lowest: float = 0.0
    highest: float = float("inf")
    why: str = ""

    def of(self, value: float, profile: Profile) -> float:
        """Return the number this profile judges by. A row outside the bounds is taken as it stands."""
        if profile is Profile.BALANCED:
            return value
        scaled = value * (self.conservative if profile is Profile.CONSERVATIVE else self.aggressive)
        return min(max(scaled, min(self.lowest, value)), max(self.highest, value))


SCALES: tuple[Scale, ...] = (
    # Steps
    Scale("fee_guard", "step_percent", 0.5, 1.0, why="25 % at once; 50 % is the most anybody is advised"),
    Scale("fee_guard", "changes_per_day", 0.6, 1.0, lowest=1, why="3 changes at a time"),
    Scale("peer_role", "raise_percent", 0.67, 1.67, highest=50, why="10 % or 25 % on a busy sink"),
    Scale("missed_revenue", "price_percent", 0.67, 1.67, highest=50, why="10 % or 25 % where payments are turned away"),
    # How far from ordinary before something is said
    Scale("fee_guard", "min_change_percent", 1.5, 1.0, lowest=10, why="15 % at least: less gossip"),
    Scale("fee_vs_market", "high_percentile", 1.14, 0.87, highest=99, why="percentile 85 or 65 counts as dear"),
    Scale("fee_vs_market", "low_percentile", 0.6, 1.4, highest=50, why="percentile 15 or 35 counts as cheap"),
    Scale("fee_vs_market", "full_ratio", 1.14, 0.86, highest=0.95, why="cut above 80 % or 60 % of the balance"),
    Scale("fee_vs_market", "low_ratio", 0.75, 1.5, highest=0.5, why="raise below 15 % or 30 % of the balance"),
    Scale("peer_role", "busy_turnover", 1.5, 0.75, why="a sink is busy at 1.5 or 0.75 times its capacity"),
    Scale("missed_revenue", "min_rate", 1.5, 0.7, highest=1, why="15 % or 7 % turned away"),
    # Evidence
    Scale("fee_guard", "cooldown_hours", 7.0, 1.0, lowest=24, why="a week between changes, as most peers advise"),
    Scale("peer_role", "min_forwards", 2.0, 0.6, lowest=5, why="20 or 6 forwards tell a role"),
    Scale("missed_revenue", "min_tries", 1.5, 1.0, lowest=20, why="30 tries"),
    Scale("fee_vs_market", "min_sample", 1.5, 1.0, lowest=8, why="12 other nodes make a market"),
    Scale("balance_fee", "min_sample", 1.5, 1.0, lowest=8, why="12 other nodes make a market"),
    Scale("dead_channel", "min_age_days", 1.5, 0.75, lowest=28, why="90 or 45 days old"),
    Scale("dead_channel", "silent_days", 1.5, 0.7, lowest=14, why="silent for 45 or 21 days"),
    Scale("dead_channel", "strong_days", 1.3, 0.67, highest=120, why="silent for 117 or 60 days before a close"),
    Scale("dead_channel", "settle_days", 2.0, 0.5, lowest=7, why="28 or 7 days after a fee change"),
    Scale("close_test", "close_horizon_days", 0.5, 1.0, why="a close earns its cost back within 90 days"),
    Scale("blended_rating", "min_age_days", 2.0, 1.0, lowest=30, why="60 days old"),
    Scale("channel_age", "judged_from_days", 1.5, 0.75, lowest=14, why="42 or 21 days old"),
)


def profiled(thresholds: Mapping[str, Thresholds], profile: Profile) -> Mapping[str, Thresholds]:
    """Return every rule's numbers as this profile judges by them."""
    if profile is Profile.BALANCED:
        return thresholds
    by_rule: dict[str, dict[str, float]] = {}
    for scale in SCALES:
        own = thresholds.get(scale.rule)
        if own is not None and scale.name in own.values:
            by_rule.setdefault(scale.rule, {})[scale.name] = scale.of(own[scale.name], profile)
    return {
        rule: Thresholds(rule, {**own.values, **by_rule[rule]}) if rule in by_rule else own
        for rule, own in thresholds.items()
    }
