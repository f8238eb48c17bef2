"""How far advice may go: the bounds of FEATURES section 7. A command outside them is not printed."""

from dataclasses import dataclass, replace
from typing import Self

from recommendations.domain.actions import FeeTerms

LND_LOWEST_TIME_LOCK = 24  # lncli's floor since January 2026 (18 before); about a thousand live halves sit below it
LND_HIGHEST_TIME_LOCK = 2016  # lnd's default max-cltv-expiry


@dataclass(frozen=True, slots=True)
class Limits:
    max_base_fee_msat: int = 10_000
    max_fee_ppm: int = 10_000
    max_step_percent: float = 50.0
    free_step_ppm: int = 50  # below this a percentage means nothing: 10 ppm could never leave 10 ppm
    min_time_lock: int = LND_LOWEST_TIME_LOCK
    max_time_lock: int = 144
    changes_per_day: int = 5
    changes_per_channel_per_day: int = 3
    minutes_between_changes: int = 60
    max_rebalance_share: float = 0.5  # of the smaller channel's capacity
    max_rebalance_cost_percent: float = 0.5
    min_rebalance_sat: int = 100_000
    min_open_sat: int = 20_000
    max_open_sat: int = 16_777_215  # larger ("wumbo") needs both nodes' consent
    blacklist: frozenset[str] = frozenset()  # short channel ids and node keys nobody may be advised to touch

    def allowing(self, *terms: FeeTerms) -> Self:
        """Return these limits widened to what already stands: repeating or restoring a value is always allowed."""
        if not terms:
            return self
        locks = [min(max(term.time_lock_delta, LND_LOWEST_TIME_LOCK), LND_HIGHEST_TIME_LOCK) for term in terms]
        return replace(
            self,
            max_base_fee_msat=max(self.max_base_fee_msat, *(term.base_fee_msat for term in terms)),
            max_fee_ppm=max(self.max_fee_ppm, *(term.fee_ppm for term in terms)),
            min_time_lock=min(self.min_time_lock, *locks),
            max_time_lock=max(self.max_time_lock, *locks),
        )

    def largest_step_ppm(self, current_ppm: int) -> int:
        """Return how far one change may go; from far above the bounds, as far as their edge."""
        way_back = current_ppm - self.max_fee_ppm
        return max(int(current_ppm * self.max_step_percent / 100), self.free_step_ppm, way_back)


def why_outside(current: FeeTerms, new: FeeTerms, *, limits: Limits) -> str | None:
    """Return which bound a change of terms breaks, or None. Values that stay as they are break none."""
    step = abs(new.fee_ppm - current.fee_ppm)
    if new.base_fee_msat != current.base_fee_msat and not 0 <= new.base_fee_msat <= limits.max_base_fee_msat:
        return f"base fee {new.base_fee_msat:,} msat is outside 0 to {limits.max_base_fee_msat:,}"
    if new.fee_ppm != current.fee_ppm and not 0 <= new.fee_ppm <= limits.max_fee_ppm:
        return f"fee {new.fee_ppm:,} ppm is outside 0 to {limits.max_fee_ppm:,}"
    if step > limits.largest_step_ppm(current.fee_ppm):
        return f"a step of {step:,} ppm is more than {limits.max_step_percent:g}% of {current.fee_ppm:,} ppm"
    if new.time_lock_delta != current.time_lock_delta and not (
        limits.min_time_lock <= new.time_lock_delta <= limits.max_time_lock
    ):
        return f"time lock {new.time_lock_delta} is outside {limits.min_time_lock} to {limits.max_time_lock} blocks"
    return _why_inbound_is_wrong(current, new)


def _why_inbound_is_wrong(current: FeeTerms, new: FeeTerms) -> str | None:
    base, ppm = new.inbound_base_fee_msat, new.inbound_fee_ppm
    is_same = (base, ppm) == (current.inbound_base_fee_msat, current.inbound_fee_ppm)
    if (base is None) != (ppm is None):
        return "inbound base fee and rate go as a pair"
    if base is None or ppm is None:
        return None
    if base > 0 or ppm > 0:
        return None if is_same else "an inbound fee must be a discount (0 or below)"
    if -base > new.base_fee_msat or -ppm > new.fee_ppm:
        return "an inbound discount above the outbound fee makes LND reject forwards"
    return None
