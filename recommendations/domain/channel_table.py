"""What the channel table shows, its balances in sum, and its rows as a file that a spreadsheet can open safely."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from recommendations.domain.facts import ChannelFacts

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run an alias that starts with one of these
CSV_FIELDS = (
    *("scid", "chan_point", "peer_pubkey", "peer_alias", "capacity_sat", "local_sat", "remote_sat", "own_fee_ppm"),
    *("own_base_fee_msat", "own_is_disabled", "peer_fee_ppm", "peer_base_fee_msat", "peer_is_disabled"),
    *("updated_at", "is_live"),
)
NEARLY_EMPTY, NEARLY_FULL = 0.1, 0.9

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
    Column("Channel", "age", is_number=False),
    Column("Capacity, sat", "capacity"),
    Column("Balance", "balance", is_number=False, is_private=True),
    Column("Local, sat", None, is_private=True),
    Column("Remote, sat", None, is_private=True),
    Column("Own ppm", "own_fee"),
    Column("Own base, msat", None),
    Column("Peer ppm", "peer_fee"),
    Column("Updated, UTC", "updated", is_number=False),
)
SORTS = tuple(column.sort for column in COLUMNS if column.sort)
DEFAULT_SORT = "-capacity"


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


def csv_rows(lines: Iterable[object]) -> Iterator[tuple[Cell, ...]]:
    """Yield the header, then one row per channel; an unknown value is an empty cell."""
    yield CSV_FIELDS
    for line in lines:
        yield tuple(_cell(getattr(line, name)) for name in CSV_FIELDS)


def defused(text: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool | int | float):
        return value
    return defused(str(value))
