"""What an alert is, what is known of a node when it is looked at, and what becomes of the alerts that stand open. Pure.

An alert is open once per key, however often it is found. What cannot be told (a node that does not answer says nothing
of its peers) neither opens nor ends one.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recommendations.domain.advice import Evidence, Severity, Thresholds
from recommendations.domain.findings.rule import ThresholdSpec
from recommendations.domain.readings import ClosedBy

SLUG = "alerts"  # no rule of advice, but its numbers stand in the same table
ALIAS_LENGTH = 40
SHORT_KEY = 10

SPECS = (
    ThresholdSpec("offline_min", 60, "min", "A peer that is away longer is an alert"),
    ThresholdSpec("most_offline", 0.5, "ratio", "More of at least five peers away: one alert for all of them"),
    ThresholdSpec("depleted_below", 0.05, "ratio", "An earning channel with less on a side is depleted"),
    ThresholdSpec("depleted_until", 0.15, "ratio", "It is so until that side holds this much again"),
    ThresholdSpec("earned_sat", 50, "sat", "A channel that earned less in 30 days may be empty without an alert"),
    ThresholdSpec("failed_readings", 3, "readings", "So many in a row: the node does not answer"),
    ThresholdSpec("stale_hours", 6, "h", "Older data of a connected node is stale, at least three readings long"),
    ThresholdSpec("stale_file_days", 30, "days", "Older data from files is stale"),
    ThresholdSpec("closed_days", 7, "days", "A force close is an alert for so long"),
)


class AlertKind(StrEnum):
    """What may happen; the beginning of an alert's key."""

    FINDING = "critical_finding"
    PEER_OFFLINE = "peer_offline"
    FORCE_CLOSE = "force_close"
    DEPLETED = "depleted"
    UNREACHABLE = "unreachable"
    STALE = "stale"


class Answering(StrEnum):
    """Whether a connected node can be read."""

    YES = "yes"
    SILENT = "silent"
    REFUSING = "refusing"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"  # not tried yet, or being read just now


@dataclass(frozen=True, slots=True)
class WatchedChannel:
    """One open channel as last read, with what it earned on each side over `window_days`."""

    scid: str
    peer_pubkey: str
    peer_alias: str
    capacity_sat: int | None
    local_sat: int | None
    remote_sat: int | None
    is_active: bool | None
    earned_out_msat: int | None = None
    earned_in_msat: int | None = None

    @property
    def local_ratio(self) -> float | None:
        if self.local_sat is None or self.remote_sat is None or self.local_sat + self.remote_sat <= 0:
            return None
        return self.local_sat / (self.local_sat + self.remote_sat)


@dataclass(frozen=True, slots=True)
class WatchedClose:
    """One channel that is no more."""

    scid: str
    peer_pubkey: str
    capacity_sat: int
    settled_sat: int | None
    closed_by: ClosedBy
    closed_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class CriticalFinding:
    """What the rules found on the node and put at the top. `is_critical` False: just below, where an alert lasts."""

    key: str
    target: str
    title: str
    explanation: str
    evidence: tuple[Evidence, ...]
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a node now. `findings` None: the rules could not look."""

    pubkey: str
    source: str
    measured_at: datetime | None
    answering: Answering
    failures_in_row: int
    tried_at: datetime | None
    refresh_every_min: int | None  # None: files, which nobody reads again
    window_days: int | None
    channels: tuple[WatchedChannel, ...]
    closes: tuple[WatchedClose, ...]
    findings: tuple[CriticalFinding, ...] | None


@dataclass(frozen=True, slots=True)
class Before:
    """What the look before left: since when peers are away, and which alerts stand open."""

    away_since: Mapping[str, datetime] = field(default_factory=dict)
    open_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is so now."""

    key: str
    kind: AlertKind
    severity: Severity
    target: str
    title: str
    text: str
    evidence: tuple[Evidence, ...]
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Noticed:
    """All that is so now, and what could not be told: keys, or whole kinds."""

    notices: tuple[Notice, ...] = ()
    untold: frozenset[str] = frozenset()

    def tells_of(self, key: str) -> bool:
        return key not in self.untold and key.split(":", 1)[0] not in self.untold


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of the alerts of one node: these open, these go on, these are over."""

    opened: tuple[Notice, ...]
    lasting: tuple[Notice, ...]
    over: frozenset[str]


def turn(noticed: Noticed, *, open_keys: frozenset[str]) -> Turn:
    """Return what a look changes. An alert of which nothing can be told stays as it is."""
    by_key = {notice.key: notice for notice in noticed.notices}
    return Turn(
        opened=tuple(notice for key, notice in by_key.items() if key not in open_keys),
        lasting=tuple(notice for key, notice in by_key.items() if key in open_keys),
        over=frozenset(key for key in open_keys if key not in by_key and noticed.tells_of(key)),
    )


def merged(parts: Iterable[Noticed]) -> Noticed:
    """Return several looks as one."""
    every = tuple(parts)
    notices = tuple(notice for part in every for notice in part.notices)
    return Noticed(notices, frozenset().union(*(part.untold for part in every)))


def numbers(edited: Mapping[str, Thresholds]) -> Thresholds:
    """Return the thresholds of alerts: as edited, else as shipped."""
    shipped = {spec.name: spec.default for spec in SPECS}
    return Thresholds(SLUG, {**shipped, **(edited[SLUG].values if SLUG in edited else {})})


def away_since(sight: Sight, before: Before) -> dict[str, datetime]:
    """Return since which reading each absent peer is away. A peer of which nothing is known keeps its time."""
    if sight.measured_at is None:
        return dict(before.away_since)
    since = {}
    for peer in {channel.peer_pubkey for channel in sight.channels}:
        absent = is_away(sight, peer)
        if absent or (absent is None and peer in before.away_since):
            since[peer] = before.away_since.get(peer, sight.measured_at)
    return since


def is_away(sight: Sight, peer: str) -> bool | None:
    """Return whether no channel with this peer is usable; None when the node does not say."""
    known = [one.is_active for one in sight.channels if one.peer_pubkey == peer and one.is_active is not None]
    return not any(known) if known else None


def named(pubkey: str, alias: str) -> str:
    """Return a peer's name for people: its alias made harmless, and the beginning of its key."""
    short, plain = f"{pubkey[:SHORT_KEY]}…", harmless(alias)
    return f"{plain} ({short})" if plain else short


def harmless(alias: str) -> str:
    """Return a stranger's words without anything that links, mentions, formats, or turns the line around.

    Mail programs and chats make links of `evil.com`, and mentions of `@all`: letters, marks, digits and symbols of
    pictures stay, the rest becomes a space.
    """
    kept = ("".join(sign if _is_plain(sign) else " " for sign in alias)).split()
    return " ".join(kept)[:ALIAS_LENGTH].strip()


def _is_plain(sign: str) -> bool:
    return sign == "-" or unicodedata.category(sign) in {"Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd", "So"}
