"""What a transaction costs now, and whether that is little or much for these weeks (rule 20). Pure; unknown is None.

Samples of different sources are never mixed: a node's estimate and a public one differ by what they aim at, and a
percentile over both would only tell which of them spoke last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORT_WINDOW = timedelta(days=14)  # rule 20
LONG_WINDOW = timedelta(days=30)  # congestion
FRESH_FOR = timedelta(hours=2)  # an older sample says nothing of now: blocks come every ten minutes
LEAST_SAMPLES = 100  # in a window: below, one busy day moves a percentile by more than 10 points
LEAST_SPAN = timedelta(days=7)  # weekends are cheap, so a window without one misleads
CHEAP_PERCENTILE, DEAR_PERCENTILE = 20.0, 80.0  # as rule 20
LOWEST_SAT_VB, HIGHEST_SAT_VB = 0.0, 10_000.0  # the dearest blocks of 2017 to 2024 stayed below 2,000
PUBLIC, OPERATOR = "mempool", "operator"  # the public estimate, and that of the administrators' own nodes


@dataclass(frozen=True, slots=True)
class OnchainState:
    """sat/vB now, and the share of samples below it, 0 to 100, in two windows. None where it is not known."""

    sat_vb: float | None = None
    percentile_14d: float | None = None
    percentile_30d: float | None = None
    sample_count: int = 0  # of that source in the latest 30 days
    as_of: datetime | None = None
    source: str = ""

    @property
    def congestion_level(self) -> str | None:
        """Return low, normal or high by the 30-day percentile."""
        if self.percentile_30d is None:
            return None
        if self.percentile_30d < CHEAP_PERCENTILE:
            return "low"
        return "high" if self.percentile_30d > DEAR_PERCENTILE else "normal"


UNKNOWN = OnchainState()


@dataclass(frozen=True, slots=True)
class Window:
    """Samples of one source in one window: how many, how many below and at the latest value, since when."""

    count: int
    below: int
    equal: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class Series:
    """One source: its latest sample, and how that stands in both windows."""

    source: str
    latest_at: datetime
    latest_sat_vb: float
    short: Window
    long: Window


def is_credible(sat_vb: float) -> bool:
    """Return whether a fee rate can be one; NaN and infinity cannot."""
    return LOWEST_SAT_VB < sat_vb <= HIGHEST_SAT_VB


def onchain_state(series: Sequence[Series], *, at: datetime) -> OnchainState:
    """Return the state by the first source, in order of trust, that is fresh; one that has percentiles comes before."""
    states = tuple(_state(one, at=at) for one in series if at - one.latest_at <= FRESH_FOR)
    judged = (state for state in states if state.percentile_14d is not None or state.percentile_30d is not None)
    return next(judged, states[0] if states else UNKNOWN)


def percentile(window: Window, *, at: datetime) -> float | None:
    """Return the share of samples below the latest value, those at it counted half; None with too few (the gate).

    Half, because fees stand still for weeks at 1 sat/vB: neither is then the cheapest hour, nor the dearest.
    """
    if window.count < LEAST_SAMPLES or window.first_at is None or at - window.first_at < LEAST_SPAN:
        return None
    return 100.0 * (window.below + window.equal / 2) / window.count


def _state(series: Series, *, at: datetime) -> OnchainState:
    return OnchainState(
        sat_vb=series.latest_sat_vb,
        percentile_14d=percentile(series.short, at=at),
        percentile_30d=percentile(series.long, at=at),
        sample_count=series.long.count,
        as_of=series.latest_at,
        source=series.source,
    )
