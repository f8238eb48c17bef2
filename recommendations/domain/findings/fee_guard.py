"""Rule 4: a fee is changed rarely, noticeably and in bounded steps. Every fee advice asks here before it is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recommendations.domain.advice import Category, Finding, Thresholds
from recommendations.domain.facts import UNBOUNDED, ChannelBounds, NodeFacts, PolicyFacts
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec


@dataclass(frozen=True, slots=True)
class FeeStep:
    """A change that may be advised now. `wanted_ppm` is where it leads; one step may not reach it."""

    current_ppm: int
    new_ppm: int
    wanted_ppm: int
    held_at_ppm: int | None = None  # the operator's own bound, where it ends short of what is wanted

    @property
    def is_partial(self) -> bool:
        return self.new_ppm != self.wanted_ppm

    @property
    def change_ppm(self) -> int:
        return self.new_ppm - self.current_ppm


def fee_step(
    policy: PolicyFacts,
    *,
    wanted_ppm: float,
    at: datetime,
    thresholds: Thresholds,
    bounds: ChannelBounds = UNBOUNDED,
) -> FeeStep | None:
    """Return the step toward `wanted_ppm`, or None when it is too small, too soon or against the operator's bounds."""
    if bounds.is_hands_off or is_too_soon(policy, at=at, thresholds=thresholds):
        return None
    current, wanted = policy.fee_ppm, round(wanted_ppm)
    advised = min(max(wanted, int(thresholds["lowest_ppm"])), int(thresholds["highest_ppm"]))
    bounded = bounds.nearest_ppm(advised)
    reach = max(int(current * thresholds["step_percent"] / 100), int(thresholds["free_step_ppm"]))
    new = min(max(bounded, current - reach), current + reach)
    if wanted < current:
        new = min(new, int(thresholds["highest_ppm"]))  # from far above, the first step leads inside the bounds
    smallest = max(thresholds["min_change_ppm"], current * thresholds["min_change_percent"] / 100)
    if abs(new - current) < smallest or (new > current) != (wanted > current):
        return None
    return FeeStep(current, new, wanted, None if bounded == advised else bounded)


def is_too_soon(policy: PolicyFacts, *, at: datetime, thresholds: Thresholds) -> bool:
    """Whether the policy changed within the cooldown, as far as is known.

    An update time alone proves no change (see `PolicyFacts.changed_at`), so by default only an old one speaks;
    `refresh_blocks` = 1 takes every re-announcement for a change.
    """
    latest = policy.changed_at
    if latest is None and thresholds["refresh_blocks"]:
        latest = policy.updated_at
    return latest is not None and at - latest < timedelta(hours=thresholds["cooldown_hours"])


def caution(policy: PolicyFacts, *, at: datetime, thresholds: Thresholds) -> str:
    """Return what to say when the latest real change is unknown and a re-announcement is fresh; "" otherwise."""
    hours = thresholds["cooldown_hours"]
    if policy.changed_at is not None or policy.updated_at is None or at - policy.updated_at >= timedelta(hours=hours):
        return ""
    return f" Skip it if you changed this channel's policy in the last {hours:g} h."


def words(step: FeeStep, thresholds: Thresholds) -> str:
    """Return what to say of a step that does not reach its goal at once."""
    if step.held_at_ppm is not None and step.held_at_ppm == step.new_ppm:
        return f" Your own limit for this channel ends at {step.held_at_ppm:,} ppm."
    if not step.is_partial:
        return ""
    return f" This is one step of at most {thresholds['step_percent']:g}% toward {step.wanted_ppm:,} ppm."


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """A guard finds nothing by itself; it holds other rules back."""
    return ()


RULE = Rule(
    slug="fee_guard",
    number=4,
    title="Fee change guard",
    category=Category.FEES,
    summary="Holds back fee changes that are too small, too soon or too large; each is gossip for all.",
    thresholds=(
        ThresholdSpec("min_change_ppm", 10, "ppm", "Smaller changes are not advised"),
        ThresholdSpec("min_change_percent", 10, "%", "Smaller changes, relative to the present fee, are not advised"),
        ThresholdSpec("cooldown_hours", 24, "h", "No advice on a channel this long after its latest fee change"),
        ThresholdSpec("refresh_blocks", 0, "0 or 1", "1: take every re-announced policy for a change"),
        ThresholdSpec("lowest_ppm", 0, "ppm", "Never advise less"),
        ThresholdSpec("highest_ppm", 10_000, "ppm", "Never advise more"),
        ThresholdSpec("step_percent", 50, "%", "Largest step at once"),
        ThresholdSpec("changes_per_day", 5, "changes", "Most policy changes advised on the node at one time"),
        ThresholdSpec("free_step_ppm", 50, "ppm", "A step this small is allowed whatever its percentage"),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
