"""What optional services know of a node, beside what its operator and the graph tell: each value with who says so.

Numbers of strangers: text that should be a number, a number that cannot be, an alias with control characters. What is
not credible is unknown, field by field; nothing is guessed in its place.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from recommendations.domain.facts import NodeFacts
from recommendations.domain.source_errors import SourceUnreachable

Value = int | float | str
LONGEST_TEXT = 80
MOST_SAT = 2_100_000_000_000_000
MOST_PPM = 2**32 - 1  # what the wire can hold; such fees exist
GENESIS = datetime(2009, 1, 3, tzinfo=UTC)
LATEST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


class Service(StrEnum):
    """The optional services, by the slug of their row."""

    MEMPOOL = "mempool"
    SPARKSEER = "sparkseer"
    LNBITS = "lnbits"


BREAKERS = {service: f"{service}_api" for service in Service}
NODE_SERVICES = (Service.SPARKSEER, Service.MEMPOOL)  # in order of trust (V2-05); LNbits knows no nodes


class ServiceFails(SourceUnreachable):
    """It does not answer, or fails: this counts against it (CB-08). One that only asks for patience does not."""

    code = "service_fails"


@dataclass(frozen=True, slots=True)
class ServiceAt:
    """Where a service is, the key that opens it ("": none), which no repr shows, and how long an answer may take."""

    slug: Service
    name: str
    address: str
    key: str = field(default="", repr=False)
    patience_s: float = 20.0


class Known(StrEnum):
    """What may be known of a node, with its unit in the name."""

    ALIAS = "alias"
    CAPACITY_SAT = "capacity_sat"
    CHANNEL_COUNT = "channel_count"
    MEDIAN_CHANNEL_SAT = "median_channel_sat"
    MEDIAN_FEE_PPM = "median_fee_ppm"
    MEDIAN_BASE_FEE_MSAT = "median_base_fee_msat"
    MEDIAN_INBOUND_FEE_PPM = "median_inbound_fee_ppm"
    UPTIME_RATIO = "uptime_ratio"
    SUCCESS_RATE = "success_rate"
    REVENUE_MSAT = "revenue_msat"
    BETWEENNESS_RANK = "betweenness_rank"
    CLOSENESS_RANK = "closeness_rank"
    EIGENVECTOR_RANK = "eigenvector_rank"
    OPENED_CHANNELS = "opened_channels"
    CLOSED_CHANNELS = "closed_channels"
    FIRST_SEEN_AT = "first_seen_at"
    UPDATED_AT = "updated_at"
    COUNTRY = "country"
    HOSTING = "hosting"

    @property
    def unit(self) -> str:
        """Return the unit that stands in the name; "" for counts, moments and words."""
        ending = self.value.rsplit("_", 1)[-1]
        return {"rate": "ratio"}.get(ending, ending) if ending in ("sat", "msat", "ppm", "ratio", "rate") else ""

    @property
    def is_moment(self) -> bool:
        return self.value.endswith("_at")


@dataclass(frozen=True, slots=True)
class Told:
    """What one source says, as of when. A field it does not tell is absent, never 0."""

    source: str
    as_of: datetime
    values: Mapping[Known, Value]


@dataclass(frozen=True, slots=True)
class Sourced:
    """One value with who says so, and as of when. All three are None where nobody knows."""

    value: Value | None = None
    source: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing a service was asked for, whether it told, and in words what: or what is missing, and the next step."""

    name: str
    why: str
    is_there: bool
    is_needed: bool
    words: str


def merged(*sources: Told | None) -> dict[Known, Sourced]:
    """Return every field by the first source that knows it: put the operator's own first."""
    fields = dict.fromkeys(Known, Sourced())
    for told in reversed([one for one in sources if one is not None]):
        fields |= {known: Sourced(value, told.source, told.as_of) for known, value in told.values.items()}
    return fields


def own_readings(facts: NodeFacts) -> tuple[Told | None, Told]:
    """Return what the operator's own data tell (None where there are none), and what the graph tells."""
    standing = facts.standing
    graph: dict[Known, Value | None] = {
        Known.ALIAS: facts.alias or None,
        Known.CAPACITY_SAT: facts.announced_sat,
        Known.CHANNEL_COUNT: len(facts.announced_channels),
        Known.MEDIAN_CHANNEL_SAT: standing.median_channel_sat,
        Known.MEDIAN_FEE_PPM: standing.median_fee_ppm,
        Known.MEDIAN_INBOUND_FEE_PPM: standing.median_inbound_market_ppm,
    }
    return _private(facts), Told(facts.source, facts.as_of, told_values(graph))


def as_wire(fields: Mapping[Known, Sourced]) -> dict[str, dict[str, Value | None]]:
    """Return each field as programs read it (V2-05)."""
    return {
        known.value: {
            "value": one.value,
            "source": one.source,
            "as_of": one.as_of.isoformat() if one.as_of else None,
        }
        for known, one in fields.items()
    }


def told_values(values: Mapping[Known, Value | None]) -> dict[Known, Value]:
    """Return the fields that are known."""
    return {known: value for known, value in values.items() if value is not None}


def credible(known: Known, raw: object) -> Value | None:
    """Return a stranger's value in the unit of its field, or None when it cannot be."""
    return READERS[known](raw)


def stored(values: Mapping[Known, Value]) -> dict[str, Value]:
    """Return values as JSON keeps them."""
    return {known.value: value for known, value in values.items()}


def restored(values: Mapping[str, object]) -> dict[Known, Value]:
    """Return values that were kept, checked again: a field that is no more, or no longer credible, is left out."""
    names = {known.value: known for known in Known}
    return told_values({names[name]: credible(names[name], raw) for name, raw in values.items() if name in names})


def number(raw: object, *, low: float, high: float) -> float | None:
    """Return a finite number between both bounds, also from text; None for anything else, a truth value too."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        found = float(raw)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def whole(raw: object, *, low: int, high: int) -> int | None:
    """Return a whole number between both bounds: 0.5 is in another unit than we think, so it is unknown."""
    found = number(raw, low=low, high=high)
    return int(found) if found is not None and found == int(found) else None


def moment(raw: object) -> datetime | None:
    """Return a moment from unix seconds or ISO 8601, aware UTC; None for one before Bitcoin or after this century."""
    seconds = number(raw, low=GENESIS.timestamp(), high=LATEST_MOMENT.timestamp())
    if seconds is not None:
        return datetime.fromtimestamp(seconds, tz=UTC)
    try:
        found = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC) if GENESIS <= aware <= LATEST_MOMENT else None


def text(raw: object) -> str | None:
    """Return a stranger's words without signs that steer a terminal or a page, cut; None when nothing is left."""
    if not isinstance(raw, str):
        return None
    plain = "".join(sign for sign in raw if not unicodedata.category(sign).startswith("C")).strip()
    return plain[:LONGEST_TEXT] or None


def _iso(raw: object) -> str | None:
    found = moment(raw)
    return found.isoformat() if found else None


def _counted(high: int, low: int = 0) -> Callable[[object], Value | None]:
    return lambda raw: whole(raw, low=low, high=high)


def _measured(high: float) -> Callable[[object], Value | None]:
    return lambda raw: number(raw, low=0, high=high)


READERS: dict[Known, Callable[[object], Value | None]] = {
    Known.ALIAS: text,
    Known.CAPACITY_SAT: _counted(MOST_SAT),
    Known.CHANNEL_COUNT: _counted(1_000_000),
    Known.MEDIAN_CHANNEL_SAT: _measured(MOST_SAT),
    Known.MEDIAN_FEE_PPM: _measured(MOST_PPM),
    Known.MEDIAN_BASE_FEE_MSAT: _measured(MOST_PPM),
    Known.MEDIAN_INBOUND_FEE_PPM: _measured(MOST_PPM),
    Known.UPTIME_RATIO: _measured(1),
    Known.SUCCESS_RATE: _measured(1),
    Known.REVENUE_MSAT: _counted(MOST_SAT),
    Known.BETWEENNESS_RANK: _counted(1_000_000, low=1),
    Known.CLOSENESS_RANK: _counted(1_000_000, low=1),
    Known.EIGENVECTOR_RANK: _counted(1_000_000, low=1),
    Known.OPENED_CHANNELS: _counted(1_000_000),
    Known.CLOSED_CHANNELS: _counted(1_000_000),
    Known.FIRST_SEEN_AT: _iso,
    Known.UPDATED_AT: _iso,
    Known.COUNTRY: text,
    Known.HOSTING: text,
}


def _private(facts: NodeFacts) -> Told | None:
    private = facts.private
    if private is None:
        return None
    values: dict[Known, Value | None] = {
        Known.UPTIME_RATIO: private.uptime_ratio,
        Known.SUCCESS_RATE: private.success_rate,
        Known.REVENUE_MSAT: private.revenue_msat,
    }
    return Told(facts.private_source or "own data", private.measured_at or facts.as_of, told_values(values))
