"""Measure how often a verdict would be given where nothing was changed: on the operator's own history."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from feedback.domain.verdicts import Tally, Verdict, dispersion_of, judge
from feedback.models import Calibration
from feedback.services.tallies import MOST_WEEKS as MOST_PAST_WEEKS
from feedback.services.tallies import counts_by_week
from feedback.services.windows import SETTLING
from recommendations.domain.advice import State
from recommendations.models import NodeConnection, Policy, Recommendation

WEEKS_BEFORE = 4
MOST_WEEKS = 156
MOST_WINDOWS = 3_000  # spread evenly over what there is
PLAIN_Z = 1.645
SAID = frozenset({Verdict.HELPED, Verdict.HARMED})
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _History:
    """Forwards per channel and week, the oldest week first, and when each channel was changed."""

    weeks: int
    start: datetime
    counts: dict[str, list[int]]
    changes: dict[str, list[datetime]]


def calibrate(row: NodeConnection, *, days_after: int, at: datetime, report: Progress | None = None) -> Calibration:
    """Return the stored rate of false alarms at this horizon; with `windows` 0 where the history is too short."""
    history = _history(row, at=at)
    weeks_after = max(1, days_after // 7)
    windows = list(_windows(history, weeks_after))
    chosen = windows[:: max(1, math.ceil(len(windows) / MOST_WINDOWS))]
    done = flagged = plain = 0
    for week, places in groupby(chosen, key=itemgetter(1)):
        tallies, dispersion = _at(history, week, weeks_after)
        for scid, _ in places:
            others = {name: one for name, one in tallies.items() if name != scid}
            flagged += judge(tallies[scid], others, dispersion=dispersion).verdict in SAID
            plain += _is_plainly_different(tallies[scid])
            done += 1
        if report:
            report(done, len(chosen))
    return Calibration.objects.create(
        connection=row,
        days_after=7 * weeks_after,
        windows=len(chosen),
        flagged=flagged,
        plain_flagged=plain,
        dispersion=dispersion_of(history.counts.values()) if chosen else None,
        measured_at=at,
    )


def _windows(history: _History, weeks_after: int) -> Iterator[tuple[str, int]]:
    """Yield channel and week of every window in which the channel was left alone; windows do not share days."""
    for week in range(WEEKS_BEFORE, history.weeks - weeks_after + 1, WEEKS_BEFORE + weeks_after):
        begin = history.start + timedelta(weeks=week - WEEKS_BEFORE) - SETTLING
        end = history.start + timedelta(weeks=week + weeks_after)
        for scid in history.counts:
            if not any(begin <= when < end for when in history.changes.get(scid, ())):
                yield scid, week


def _at(history: _History, week: int, weeks_after: int) -> tuple[dict[str, Tally], float]:
    """Return every channel's tally around a week, and the dispersion of the half year before it."""
    past = (counts[max(0, week - MOST_PAST_WEEKS) : week] for counts in history.counts.values())
    return {scid: _tally(counts, week, weeks_after) for scid, counts in history.counts.items()}, dispersion_of(past)


def _is_plainly_different(target: Tally) -> bool:
    """Tell whether a Poisson test without controls would call it a change."""
    if not (target.before and target.after):
        return False
    return abs(target.log_ratio) > PLAIN_Z * math.sqrt(1 / target.before + 1 / target.after)


def _tally(counts: list[int], week: int, weeks_after: int) -> Tally:
    before, after = sum(counts[week - WEEKS_BEFORE : week]), sum(counts[week : week + weeks_after])
    return Tally(before, after, 7 * WEEKS_BEFORE, 7 * weeks_after)


def _history(row: NodeConnection, *, at: datetime) -> _History:
    until = row.measured_at or at
    known = 0 if row.forwards_from is None else max(0, (until - row.forwards_from).days // 7)
    weeks = min(known, MOST_WEEKS)
    latest_first = counts_by_week(row.pk, weeks=weeks, until=until)
    counts = {scid: listed[::-1] for scid, listed in latest_first.items()}
    return _History(weeks, until - timedelta(weeks=weeks), counts, _changes(row))


def _changes(row: NodeConnection) -> dict[str, list[datetime]]:
    """Return when each channel's own fees changed, as far as advice that was applied and the graph tell."""
    changes: defaultdict[str, list[datetime]] = defaultdict(list)
    applied = Recommendation.objects.filter(node=row.node_id, state=State.APPLIED)
    for scid, when in applied.values_list("target", "applied_at"):
        if when is not None:
            changes[scid].append(when)
    own = Policy.objects.filter(channel__node1=row.node_id, direction=0) | Policy.objects.filter(
        channel__node2=row.node_id, direction=1
    )
    values = own.order_by("channel__scid", "since_snapshot__as_of").values_list(
        "channel__scid", "since_snapshot__as_of", "base_fee_msat", "fee_ppm"
    )
    latest: dict[str, list[int]] = {}
    for scid, as_of, *terms in values:
        if latest.get(scid, terms) != terms:
            changes[scid].append(as_of)
        latest[scid] = terms
    return changes
