"""Let a program in without leaving the event loop: the same rules as in a thread, over the process's own connection.

Only what goes its usual way passes here. Whatever does not, a wrong key or a database that is away, is None, and is
decided (and refused) by keys.py and limits.py in a thread, so that there is one place for each refusal.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from models_registry.domain.quota import Quota
from models_registry.models import ApiKey
from models_registry.queries.planning import EPOCH, Epoch
from models_registry.services import keys, lease, limits

COLUMNS: Final = tuple(field.attname for field in ApiKey._meta.concrete_fields)
# Key, the limits of its tier, and what planning's rows are at, in one statement; a key that is not found has no row.
TIER: Final = f"SELECT true AS is_known, tier.* FROM ({limits.QUOTA_OF.format(tier='found.tier')}) AS tier"  # noqa: S608 - ours
FIND: Final = (
    f"SELECT {', '.join(f'found.{name}' for name in COLUMNS)}, quota.*, ({EPOCH}) FROM ({keys.FIND}) AS found"  # noqa: S608 - ours
    f" LEFT JOIN LATERAL ({TIER}) AS quota ON true"
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A right key that may be used now, its limits, and the state of the rows that planning reads."""

    key: ApiKey
    quota: Quota
    epoch: Epoch


async def find(authorization: str, *, at: datetime) -> Admitted | None:
    """Return who asks, not counted yet; None when a thread must decide that."""
    held, token = lease.current(), keys.bearer_token(authorization)
    if not held.is_held or token is None:
        return None
    try:
        rows = await held.fetch(FIND, (keys.prefix_of(token),))
    except lease.LeaseLost:
        return None
    return _admitted(rows[0], token, at=at) if rows else None


async def charge(admitted: Admitted, *, at: datetime) -> bool:
    """Count one request of a key; return whether that could be done here.

    :raises QuotaExceeded: when it asked too often; nothing is counted then.
    """
    unit, quota = limits.unit_of(admitted.key), admitted.quota
    if quota.per_minute is None and quota.per_hour is None:
        return True
    try:
        windows = await lease.current().fetch(limits.TAKE, limits.values(unit, quota, at=at))
    except lease.LeaseLost:
        return False
    limits.refuse_excess(windows, quota, at=at)
    return True


def _admitted(row: tuple[Any, ...], token: str, *, at: datetime) -> Admitted | None:
    *told, has_tier, per_minute, per_hour, epoch = row
    key = ApiKey.from_db(None, COLUMNS, told)
    if not keys.is_right(key, token, at=at) or keys.is_use_to_be_noted(key, at=at):
        return None
    usual = Quota(per_minute, per_hour) if has_tier else limits.USUAL
    return Admitted(key, limits.own_or_usual(key, usual), tuple(epoch or ()))
