"""Arrange a node's channels for reading: filtered, ordered, and as rows of a file. Unknown values stand last."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recommendations.domain.facts import ChannelFacts

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run an alias that starts with one of these
CSV_HEADER = (
    "scid", "chan_point", "peer_pubkey", "peer_alias", "capacity_sat", "local_sat", "remote_sat", "own_fee_ppm",
    "own_base_fee_msat", "peer_fee_ppm", "peer_base_fee_msat", "market_median_ppm", "age_days", "is_live", "is_disabled",
)  # fmt: skip

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. `sort` None: it cannot be ordered by."""

    label: str
    sort: str | None
    is_number: bool = True
    is_private: bool = False


COLUMNS = (
    Column("Peer", "alias", is_number=False),
    Column("Channel", "scid", is_number=False),
    Column("Capacity, sat", "capacity"),
    Column("Balance", "balance", is_number=False, is_private=True),
    Column("Local, sat", "local", is_private=True),
    Column("Own ppm", "fee"),
    Column("Base, msat", "base"),
    Column("Peer ppm", "peer_fee"),
    Column("Market ppm", "market"),
    Column("Age, days", "age"),
)
KEYS: dict[str, Callable[[ChannelFacts], Cell]] = {
    "alias": lambda channel: (channel.peer.alias or channel.peer.pubkey).casefold(),
    "scid": lambda channel: channel.scid,
    "capacity": lambda channel: channel.capacity_sat,
    "balance": lambda channel: channel.private.local_ratio if channel.private else None,
    "local": lambda channel: channel.private.local_sat if channel.private else None,
    "fee": lambda channel: channel.own_policy.fee_ppm if channel.own_policy else None,
    "base": lambda channel: channel.own_policy.base_fee_msat if channel.own_policy else None,
    "peer_fee": lambda channel: channel.peer_policy.fee_ppm if channel.peer_policy else None,
    "market": lambda channel: channel.market.median_ppm,
    "age": lambda channel: channel.age_days,
}
DEFAULT_SORT = "-capacity"


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How the known balances of a node lie: sums in sat, and how many channels are nearly one-sided."""

    known: int
    local_sat: int
    remote_sat: int
    drained: int
    full: int


def arrange(
    channels: Sequence[ChannelFacts], *, q: str = "", sort: str = DEFAULT_SORT, live_only: bool = False
) -> tuple[ChannelFacts, ...]:
    """Return the channels that fit, in the order asked for; an unknown order is the default one."""
    words = q.casefold().strip()
    fitting = [one for one in channels if (one.is_live or not live_only) and (not words or _fits(one, words))]
    name = sort.removeprefix("-")
    key = KEYS.get(name, KEYS["capacity"])
    is_descending = sort.startswith("-") or name not in KEYS
    known = [one for one in fitting if key(one) is not None]
    unknown = [one for one in fitting if key(one) is None]
    known.sort(key=lambda one: one.scid)
    known.sort(key=key, reverse=is_descending)  # type: ignore[arg-type]  # one column holds one kind of value, never None
    return (*known, *unknown)


def liquidity(channels: Sequence[ChannelFacts]) -> Liquidity | None:
    """Return the balances in sum, or None when none is known."""
    private = [one.private for one in channels if one.private and one.private.local_ratio is not None]
    if not private:
        return None
    ratios = [one.local_ratio or 0.0 for one in private]
    return Liquidity(
        known=len(private),
        local_sat=sum(one.local_sat or 0 for one in private),
        remote_sat=sum(one.remote_sat or 0 for one in private),
        drained=sum(ratio < 0.1 for ratio in ratios),
        full=sum(ratio > 0.9 for ratio in ratios),
    )


def csv_rows(channels: Sequence[ChannelFacts]) -> Iterator[tuple[Cell, ...]]:
    """Yield the header, then one row per channel; an unknown value is an empty cell."""
    yield CSV_HEADER
    for one in channels:
        own, peer, private = one.own_policy, one.peer_policy, one.private
        yield (
            one.scid,
            one.chan_point,
            one.peer.pubkey,
            defused(one.peer.alias),
            one.capacity_sat,
            private.local_sat if private else None,
            private.remote_sat if private else None,
            own.fee_ppm if own else None,
            own.base_fee_msat if own else None,
            peer.fee_ppm if peer else None,
            peer.base_fee_msat if peer else None,
            one.market.median_ppm,
            None if one.age_days is None else round(one.age_days, 1),
            one.is_live,
            own.is_disabled if own else None,
        )


def defused(text: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _fits(channel: ChannelFacts, words: str) -> bool:
    return any(words in text.casefold() for text in (channel.peer.alias, channel.peer.pubkey, channel.scid))
