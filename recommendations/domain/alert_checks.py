"""Each thing that may happen to a node, as a pure function of what was so before and what is so now.

Where a state could flap, it begins at one number and ends at another.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from recommendations.domain.advice import Evidence, Severity, Thresholds
from recommendations.domain.alerts import (
    AlertKind,
    Answering,
    Before,
    CriticalFinding,
    Notice,
    Noticed,
    Sight,
    WatchedChannel,
    WatchedClose,
    away_since,
    is_away,
    merged,
    named,
)
from recommendations.domain.readings import ClosedBy

FEWEST_PEERS = 5  # of fewer, "most of them" says nothing
READINGS_MISSED = 3
MSAT_PER_SAT = 1000
FORCED = {
    ClosedBy.REMOTE_FORCE: (Severity.CRITICAL, "was force-closed by its peer"),
    ClosedBy.LOCAL_FORCE: (Severity.HIGH, "was force-closed by your node"),
    ClosedBy.BREACH: (Severity.CRITICAL, "ended in a breach: the peer published an old state"),
}
CLOSED_STEP = (
    "Funds on your side come back after the time lock; leave the node running until they do, and see with the pending"
    " channels that every HTLC is resolved."
)
SILENT = {
    Answering.SILENT: (
        Severity.CRITICAL,
        "Your node does not answer",
        "See whether it runs and is reachable from here: while it is offline, peers may close channels on-chain.",
    ),
    Answering.REFUSING: (
        Severity.HIGH,
        "Your node refuses the credential",
        "It was changed or revoked. Enter a new read-only credential on the page of the connection.",
    ),
    Answering.UNREADABLE: (
        Severity.HIGH,
        "Your node answers what cannot be read",
        "See whether the address is that of its REST interface, and whether its version is supported.",
    ),
}


def look(sight: Sight, before: Before, thresholds: Thresholds, *, at: datetime) -> Noticed:
    """Return all that is so now."""
    every: tuple[Callable[[Sight, Before, Thresholds, datetime], Noticed], ...] = (
        *(critical_findings, peers_offline, force_closes, depleted_channels, silent_node, stale_data),
    )
    return merged(check(sight, before, thresholds, at) for check in every)


def critical_findings(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """What the rules put at the top; it lasts while it stands just below."""
    if sight.findings is None:
        return Noticed(untold=frozenset({AlertKind.FINDING}))
    notices = (_critical(finding, at=at) for finding in sight.findings)
    by_key = {notice.key: notice for notice in notices}
    lasting = (one for one in sight.findings if one.is_critical or f"{AlertKind.FINDING}:{one.key}" in before.open_keys)
    return Noticed(tuple(by_key[f"{AlertKind.FINDING}:{one.key}"] for one in lasting))


def peers_offline(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """Peers that are away for longer than the threshold, by the node's own readings; most of them at once are one."""
    if sight.answering not in {Answering.YES, Answering.UNKNOWN} or sight.measured_at is None:
        return Noticed(untold=frozenset({AlertKind.PEER_OFFLINE}))
    since, least = away_since(sight, before), timedelta(minutes=thresholds["offline_min"])
    by_peer: dict[str, list[WatchedChannel]] = {}
    for channel in sight.channels:
        by_peer.setdefault(channel.peer_pubkey, []).append(channel)
    absent = {peer: is_away(sight, peer) for peer in by_peer}
    long = {peer: begun for peer, begun in since.items() if absent[peer] and sight.measured_at - begun >= least}
    untold = frozenset(f"{AlertKind.PEER_OFFLINE}:{peer}" for peer, is_absent in absent.items() if is_absent is None)
    single = tuple(_offline(by_peer[peer], begun, sight) for peer, begun in sorted(long.items()))
    if len(by_peer) >= FEWEST_PEERS and len(long) > thresholds["most_offline"] * len(by_peer):
        known = tuple(notice for notice in single if notice.key in before.open_keys)
        return Noticed((_most_offline(sight, long, len(by_peer)), *known), untold)
    return Noticed(single, untold)


def force_closes(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """Channels that a side closed alone, for some days: it cannot be undone, only watched."""
    days = timedelta(days=thresholds["closed_days"])
    recent = (one for one in sight.closes if one.closed_by in FORCED and at - (one.closed_at or one.seen_at) < days)
    return Noticed(tuple(_closed(one, sight) for one in recent))


def depleted_channels(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """Channels that earn and have almost nothing left on the side that earns."""
    notices: list[Notice] = []
    untold: set[str] = set()
    for channel in sight.channels:
        for side, earned_msat in (("local", channel.earned_out_msat), ("remote", channel.earned_in_msat)):
            key = f"{AlertKind.DEPLETED}:{channel.scid}:{side}"
            ratio = channel.local_ratio if side == "local" or channel.local_ratio is None else 1 - channel.local_ratio
            if ratio is None or earned_msat is None:
                untold.add(key)
            elif _is_depleted(ratio, earned_msat, thresholds, is_open=key in before.open_keys):
                notices.append(_depleted(key, channel, side, ratio, earned_msat, sight, at))
    return Noticed(tuple(notices), frozenset(untold))


def silent_node(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """The node itself does not answer, or not so that it can be read, for several readings."""
    key = f"{AlertKind.UNREACHABLE}:{sight.pubkey}"
    if sight.answering is Answering.UNKNOWN:
        return Noticed(untold=frozenset({key}))
    if sight.answering is Answering.YES:
        return Noticed()
    if sight.failures_in_row < thresholds["failed_readings"] and key not in before.open_keys:
        return Noticed()
    severity, title, step = SILENT[sight.answering]
    evidence = (
        _fact(key, sight, "failures", "readings that failed in a row", sight.failures_in_row, "readings", at),
        _fact(key, sight, "measured_at", "latest answer", _iso(sight.measured_at), "", sight.measured_at),
    )
    text = f"{sight.failures_in_row} readings in a row failed. {step}"
    began_at = sight.measured_at or sight.tried_at or at
    return Noticed(
        (Notice(key, AlertKind.UNREACHABLE, severity, sight.pubkey, title, text, evidence, began_at=began_at),)
    )


def stale_data(sight: Sight, before: Before, thresholds: Thresholds, at: datetime) -> Noticed:
    """Data older than it should be. A node that does not answer is its own alert, so that one cause is told once."""
    key = f"{AlertKind.STALE}:{sight.pubkey}"
    if sight.measured_at is None:
        return Noticed(untold=frozenset({key}))
    is_silent = sight.answering not in {Answering.YES, Answering.UNKNOWN}
    is_told = is_silent and sight.failures_in_row >= thresholds["failed_readings"] and key not in before.open_keys
    most = _longest_age(sight, thresholds)
    age = at - sight.measured_at
    if is_told or most is None or age <= most:
        return Noticed()
    hours = age.total_seconds() / 3600
    text = (
        f"What is known of balances, peers and forwards is {hours:,.0f} hours old, and advice from it too."
        f" {'Hand in newer files.' if sight.refresh_every_min is None else 'See why the node is not read again.'}"
    )
    evidence = (_fact(key, sight, "age", "age of the data", round(hours), "h", sight.measured_at),)
    title = "Private data of your node is stale"
    return Noticed(
        (Notice(key, AlertKind.STALE, Severity.MEDIUM, sight.pubkey, title, text, evidence, sight.measured_at + most),)
    )


def _longest_age(sight: Sight, thresholds: Thresholds) -> timedelta | None:
    """Return how old the data may be; None where nobody wanted it to be read again."""
    if sight.refresh_every_min is None:
        return timedelta(days=thresholds["stale_file_days"])
    if sight.refresh_every_min == 0:
        return None
    return max(timedelta(hours=thresholds["stale_hours"]), timedelta(minutes=READINGS_MISSED * sight.refresh_every_min))


def _critical(one: CriticalFinding, *, at: datetime) -> Notice:
    key = f"{AlertKind.FINDING}:{one.key}"
    return Notice(key, AlertKind.FINDING, Severity.CRITICAL, one.target, one.title, one.explanation, one.evidence, at)


def _offline(channels: list[WatchedChannel], since: datetime, sight: Sight) -> Notice:
    first = channels[0]
    key = f"{AlertKind.PEER_OFFLINE}:{first.peer_pubkey}"
    capacities = [one.capacity_sat for one in channels if one.capacity_sat is not None]
    held = f" with {sum(capacities):,} sat" if len(capacities) == len(channels) else ""
    many = "1 channel" if len(channels) == 1 else f"{len(channels)} channels"
    route = "routes" if len(channels) == 1 else "route"
    return Notice(
        key=key,
        kind=AlertKind.PEER_OFFLINE,
        severity=Severity.HIGH,
        target=first.scid if len(channels) == 1 else first.peer_pubkey,
        title=f"Peer is offline: {named(first.peer_pubkey, first.peer_alias)}",
        text=(
            f"{many}{held} {route} nothing until it is back. Reconnect with another of its addresses; if it stays away"
            " for days, write to its operator."
        ),
        evidence=(
            _fact(key, sight, "away_since", "away since", _iso(since), "", sight.measured_at),
            _fact(key, sight, "channels", "channels with it", len(channels), "channels", sight.measured_at),
        ),
        began_at=since,
    )


def _most_offline(sight: Sight, away: dict[str, datetime], peers: int) -> Notice:
    key = f"{AlertKind.PEER_OFFLINE}:most"
    return Notice(
        key=key,
        kind=AlertKind.PEER_OFFLINE,
        severity=Severity.CRITICAL,
        target=sight.pubkey,
        title="Most of your peers are offline at once",
        text=(
            f"{len(away)} of {peers} peers are away: rather your node's own connection than theirs. See whether its"
            " network and Tor work."
        ),
        evidence=(
            _fact(key, sight, "away", "peers away", len(away), "peers", sight.measured_at),
            _fact(key, sight, "peers", "peers", peers, "peers", sight.measured_at),
        ),
        began_at=min(away.values()),
    )


def _closed(one: WatchedClose, sight: Sight) -> Notice:
    key = f"{AlertKind.FORCE_CLOSE}:{one.scid}"
    severity, words = FORCED[one.closed_by]
    return Notice(
        key=key,
        kind=AlertKind.FORCE_CLOSE,
        severity=severity,
        target=one.scid,
        title=f"Channel {one.scid} {words}",
        text=f"Peer {named(one.peer_pubkey, '')}, capacity {one.capacity_sat:,} sat. {CLOSED_STEP}",
        evidence=(
            _fact(key, sight, "closed_by", "closed by", one.closed_by.value, "", one.seen_at),
            _fact(key, sight, "capacity_sat", "capacity", one.capacity_sat, "sat", one.seen_at),
            _fact(key, sight, "settled_sat", "paid out to you so far", one.settled_sat, "sat", one.seen_at),
        ),
        began_at=one.closed_at or one.seen_at,
    )


def _is_depleted(ratio: float, earned_msat: int, thresholds: Thresholds, *, is_open: bool) -> bool:
    if is_open:
        return ratio < thresholds["depleted_until"]
    return ratio < thresholds["depleted_below"] and earned_msat >= thresholds["earned_sat"] * MSAT_PER_SAT


def _depleted(
    key: str, one: WatchedChannel, side: str, ratio: float, earned_msat: int, sight: Sight, at: datetime
) -> Notice:
    is_ours = side == "local"
    step = (
        "Refill it if the rebalance rule says that it pays, or raise its fee to sell what is left dearer."
        if is_ours
        else "Nothing more can come in through it. Lower its outgoing fee so that flow returns."
    )
    left = one.local_sat if is_ours else one.remote_sat
    return Notice(
        key=key,
        kind=AlertKind.DEPLETED,
        severity=Severity.HIGH if is_ours else Severity.MEDIUM,
        target=one.scid,
        title=f"Channel {one.scid} is empty on {'your' if is_ours else 'the peer’s'} side",
        text=f"It earned {earned_msat // MSAT_PER_SAT:,} sat in {sight.window_days} days. {step}",
        evidence=(
            _fact(key, sight, "left_sat", "left on that side", left, "sat", sight.measured_at),
            _fact(key, sight, "ratio", "share of the channel", round(ratio, 3), "ratio", sight.measured_at),
            _fact(key, sight, "earned_msat", "earned over it", earned_msat, "msat", sight.measured_at),
        ),
        began_at=sight.measured_at or at,
    )


def _fact(
    key: str, sight: Sight, name: str, label: str, value: str | int | float | None, unit: str, as_of: datetime | None
) -> Evidence:
    return Evidence(f"{key}:{name}", label, value, unit, sight.source, as_of)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
