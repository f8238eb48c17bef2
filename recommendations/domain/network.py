"""When a graph was seen, which of its channels are alive, and how high the chain stood. Pure; never asks the clock."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from recommendations.domain.units import BLOCKS_PER_DAY

Ints = npt.NDArray[np.int64]

LIVE_WINDOW = timedelta(days=14)  # LND's zombie rule, LIGHTNING.md section 7, rule 22
LARGE_SAMPLE = 1_000  # updates; from here on the day before a credible update is never empty
LEAST_SUPPORT = 0.001  # share of all updates in that day; real graphs have 40 % of them
SUPPORT_WINDOW_S = 86_400
ABSURD_GAP_S = 180 * 86_400  # a minority beyond a silence this long has broken clocks
KNOWN_BLOCK = 840_000  # the fourth halving, mined 2024-04-20 00:09:27 UTC
KNOWN_BLOCK_AT = datetime(2024, 4, 20, 0, 9, 27, tzinfo=UTC)
BLOCK_TOLERANCE = 0.03  # blocks come up to 3 % faster than one in ten minutes over years
LEAST_SLACK_BLOCKS = 2_016


def newest_credible(updates_s: Ints) -> int | None:
    """Return the newest believable update, unix seconds, or None when no update tells its time.

    A clock set years ahead must not turn the rest of the network into zombies. A minority that stands apart from the
    others by half a year is dropped; in a large sample an update also needs company within the day before it.
    """
    known = np.sort(updates_s[updates_s > 0])
    if known.size == 0:
        return None
    majority = known.size // 2 + 1
    apart = np.flatnonzero(np.diff(known) > ABSURD_GAP_S) + 1
    cuts = apart[apart >= majority]
    believed = known[: cuts[0]] if cuts.size else known
    if believed.size >= LARGE_SAMPLE:
        believed = believed[_has_company(believed)]
    return int(believed[-1])


def _has_company(ordered_s: Ints) -> npt.NDArray[np.bool_]:
    first_of_day = np.searchsorted(ordered_s, ordered_s - SUPPORT_WINDOW_S, side="left")
    company = np.arange(ordered_s.size) - first_of_day + 1
    enough: npt.NDArray[np.bool_] = company >= LEAST_SUPPORT * ordered_s.size
    return enough if enough.any() else np.ones_like(enough)


def tip_block(blocks: Ints, *, as_of: datetime) -> int:
    """Return the height of the chain at `as_of`: the newest funding block that is possible then, else an estimate."""
    estimate = block_at(as_of)
    highest = estimate + max(LEAST_SLACK_BLOCKS, int(abs(estimate - KNOWN_BLOCK) * BLOCK_TOLERANCE))
    lowest = estimate - 5 * LEAST_SLACK_BLOCKS
    possible = blocks[(blocks <= highest) & (blocks >= lowest)]
    return int(possible.max()) if possible.size else estimate


def block_at(at: datetime) -> int:
    """Return the estimated height of the chain, within a few hundred blocks for the years around 2025."""
    days = (at - KNOWN_BLOCK_AT).total_seconds() / 86_400
    return max(1, KNOWN_BLOCK + int(days * BLOCKS_PER_DAY))


def tip_after(tip: int | None, *, days: float) -> int | None:
    """Return about how high the chain stands so many days after it stood at `tip`."""
    return None if tip is None else tip + int(days * BLOCKS_PER_DAY)


def age_days(block: int | None, *, tip: int | None) -> float | None:
    """Return how old a channel is by its funding block, or None when either height is unknown or impossible."""
    if block is None or tip is None or not 0 < block <= tip:
        return None
    return (tip - block) / BLOCKS_PER_DAY


def address_kind(address: str) -> str:
    """Return clearnet, tor, i2p or dns for an announced `host:port`."""
    host = address.rsplit(":", 1)[0].strip("[]").lower()
    if host.endswith(".onion"):
        return "tor"
    if host.endswith(".i2p"):
        return "i2p"
    is_number = ":" in host or host.replace(".", "").isdigit()
    return "clearnet" if is_number else "dns"
