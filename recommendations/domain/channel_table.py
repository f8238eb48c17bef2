"""What the channel table shows, its order, its grouping by peer, and its rows as a file that a spreadsheet can open."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recommendations.domain.facts import UNBOUNDED, ChannelBounds, ChannelFacts
from recommendations.domain.profit import LONG_DAYS, Profit, Totals, joined
from recommendations.domain.units import block_of

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run an alias that starts with one of these
CSV_FIELDS = (
    *("scid", "chan_point", "peer_pubkey", "peer_alias", "capacity_sat", "local_sat", "remote_sat", "own_fee_ppm"),
    *("own_base_fee_msat", "own_is_disabled", "peer_fee_ppm", "peer_base_fee_msat", "peer_is_disabled"),
    *("updated_at", "is_live", "min_fee_ppm", "max_fee_ppm", "is_hands_off", "is_announced"),
)
PROFIT_FIELDS = (
    *("window_days", "earned_30d_msat", "earned_msat", "rebalance_msat", "onchain_msat", "net_msat"),
    *("net_per_million_day_msat", "return_percent_year"),
)
NEARLY_EMPTY, NEARLY_FULL = 0.1, 0.9

Cell = str | int | float | bool | None
Rank = float | int | str | None


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel as its table shows it, or all of one peer. Balances and results are known of one's own node only."""

    scid: str
    chan_point: str
    capacity_sat: int
    peer_pubkey: str
    peer_alias: str
    own_fee_ppm: int | None
    own_base_fee_msat: int | None
    own_is_disabled: bool | None
    peer_fee_ppm: int | None
    peer_base_fee_msat: int | None
    peer_is_disabled: bool | None
    updated_at: datetime | None
    is_live: bool
    local_sat: int | None
    remote_sat: int | None
    bounds: ChannelBounds = UNBOUNDED
    profit: Profit | None = None
    scids: tuple[str, ...] = ()  # the channels of a peer's line
    own_fee_high_ppm: int | None = None  # of a peer's line whose channels differ; own_fee_ppm is then the lowest
    is_announced: bool = True  # False: the public graph lacks it; of a peer's line: lacks them all
    awaits_graph: bool = False  # of these: the node announces it, so the graph is older than the channel

    @property
    def local_ratio(self) -> float | None:
        """Return our share of the balance, 0-1, or None when it is unknown."""
        if self.local_sat is None or self.remote_sat is None or self.local_sat + self.remote_sat <= 0:
            return None
        return self.local_sat / (self.local_sat + self.remote_sat)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. `sort` None: it cannot be ordered by."""

    label: str
    sort: str | None
    is_number: bool = True
    is_private: bool = False
    is_profit: bool = False
    help: str = ""


COLUMNS = (
    Column("Peer", "alias", is_number=False),
    Column("Channel", "age", is_number=False),
    Column("Capacity, sat", "capacity"),
    Column("Balance", "balance", is_number=False, is_private=True),
    Column("Local, sat", None, is_private=True),
    Column("Remote, sat", None, is_private=True),
    Column("Earned 30 d, sat", "earned", is_profit=True, help="Fees of forwards that left through the channel"),
    Column("Earned 90 d, sat", "earned_long", is_profit=True, help="The same over 90 days"),
    Column("Costs, sat", "costs", is_profit=True, help="Rebalances, and a share of opening and closing"),
    Column("Net, sat", "net", is_profit=True, help="Earned less costs, over the same days"),
    Column("Return, % a year", "return", is_profit=True, help="Net over capacity, carried on for a year"),
    Column("Own ppm", "own_fee"),
    Column("Own base, msat", None),
    Column("Peer ppm", "peer_fee"),
    Column("Updated, UTC", "updated", is_number=False),
)
SORTS = tuple(column.sort for column in COLUMNS if column.sort)
DEFAULT_SORT = "-capacity"


def shown_columns(*, has_balance: bool, totals: Totals | None) -> tuple[Column, ...]:
    """Return the columns that have something to say on this node."""
    hidden = set() if totals is None or totals.window_days == LONG_DAYS else {"earned_long"}
    if totals is not None and totals.unknown_costs == totals.channels:
        hidden |= {"net", "return"}
    return tuple(
        column
        for column in COLUMNS
        if (has_balance or not column.is_private)
        and (totals is not None or not column.is_profit)
        and column.sort not in hidden
    )


def _of_profit(name: str) -> Callable[[ChannelLine], Rank]:
    return lambda line: None if line.profit is None else getattr(line.profit, name)


RANKS: Mapping[str, Callable[[ChannelLine], Rank]] = {
    "alias": lambda line: line.peer_alias.lower(),
    "capacity": lambda line: line.capacity_sat,
    "own_fee": lambda line: line.own_fee_ppm,
    "peer_fee": lambda line: line.peer_fee_ppm,
    "balance": lambda line: line.local_ratio,
    "updated": lambda line: None if line.updated_at is None else line.updated_at.timestamp(),
    "age": lambda line: block_of(line.scid),
    "earned": _of_profit("earned_30d_msat"),
    "earned_long": _of_profit("earned_msat"),
    "costs": _of_profit("cost_msat"),
    "net": _of_profit("net_msat"),
    "return": _of_profit("return_percent_year"),
}


def ordered(lines: Iterable[ChannelLine], *, sort: str, is_descending: bool) -> list[ChannelLine]:
    """Return the lines in this order, the unknown last either way, equal ones by channel."""
    rank = RANKS[sort]
    by_scid = sorted(lines, key=lambda line: line.scid)
    known = [line for line in by_scid if rank(line) is not None]
    known.sort(key=lambda line: _comparable(rank(line)), reverse=is_descending)
    return known + [line for line in by_scid if rank(line) is None]


def by_peer(lines: Iterable[ChannelLine]) -> list[ChannelLine]:
    """Return one line for each peer: sums of its channels, the range of our fees, and the first channel's policy."""
    groups: dict[str, list[ChannelLine]] = defaultdict(list)
    for line in lines:
        groups[line.peer_pubkey].append(line)
    return [_peer_line(sorted(group, key=lambda one: (-one.capacity_sat, one.scid))) for group in groups.values()]


def _peer_line(group: Sequence[ChannelLine]) -> ChannelLine:
    first = group[0]
    fees = sorted(one.own_fee_ppm for one in group if one.own_fee_ppm is not None)
    updates = [one.updated_at for one in group if one.updated_at is not None]
    return replace(
        first,
        capacity_sat=sum(one.capacity_sat for one in group),
        local_sat=_sum(one.local_sat for one in group),
        remote_sat=_sum(one.remote_sat for one in group),
        own_fee_ppm=fees[0] if fees else None,
        own_fee_high_ppm=fees[-1] if fees and fees[-1] != fees[0] else None,
        updated_at=max(updates, default=None),
        is_live=any(one.is_live for one in group),
        bounds=first.bounds if all(one.bounds == first.bounds for one in group) else UNBOUNDED,
        profit=joined(one.profit for one in group),
        scids=tuple(one.scid for one in group),
        is_announced=any(one.is_announced for one in group),
        awaits_graph=any(one.awaits_graph for one in group),
    )


def _comparable(rank: Rank) -> tuple[bool, float, str]:
    return (True, 0.0, rank) if isinstance(rank, str) else (False, float(rank or 0), "")


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if None in known else sum(one for one in known if one is not None)


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How the known balances of a node lie: sums in sat, and how many channels are nearly one-sided."""

    known: int
    local_sat: int
    remote_sat: int
    drained: int
    full: int


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
        drained=sum(ratio < NEARLY_EMPTY for ratio in ratios),
        full=sum(ratio > NEARLY_FULL for ratio in ratios),
    )


def csv_rows(lines: Iterable[ChannelLine]) -> Iterator[tuple[Cell, ...]]:
    """Yield the header, then one row per line; an unknown value is an empty cell."""
    yield (*CSV_FIELDS, *PROFIT_FIELDS)
    for line in lines:
        fields = (_field(line, name) for name in CSV_FIELDS)
        yield tuple(_cell(value) for value in (*fields, *(getattr(line.profit, name, None) for name in PROFIT_FIELDS)))


def _field(line: ChannelLine, name: str) -> object:
    if name == "scid" and line.scids:
        return " ".join(line.scids)
    return getattr(line.bounds if hasattr(line.bounds, name) else line, name)


def defused(text: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool | int | float):
        return value
    return defused(str(value))
