"""Let a program in without leaving the event loop: the same rules as in a thread, over the process's own connection.

Only what goes its usual way passes here. Whatever does not, a wrong key or a database that is away, is None, and is
decided (and refused) by keys.py and limits.py in a thread, so that there is one place for each refusal.

A key that was found stays in memory with the versions of its rows. Its next request is counted by one statement that
does so only while these rows are the same: a key that was revoked or changed meanwhile is found anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User

from models_registry.domain.quota import Quota
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey, Tier
from models_registry.queries.planning import EPOCH, Epoch
from models_registry.services import keys, lease, limits

COLUMNS: Final = tuple(field.attname for field in ApiKey._meta.concrete_fields)
MOST_KEPT: Final = 1000  # keys in memory; the others are found anew each time
# Every change of a row gives it another xmin: of the key, of the person it belongs to, of its tier.
VERSION: Final = (
    f"SELECT ROW(own.xmin, person.xmin, tier.xmin)::text FROM {ApiKey._meta.db_table} AS own"  # noqa: S608 - ours
    f" LEFT JOIN {User._meta.db_table} AS person ON person.id = own.user_id"
    f" LEFT JOIN {Tier._meta.db_table} AS tier ON tier.slug = own.tier WHERE own.id = {{key}}"
)
# Key, the limits of its tier, and what planning's rows are at, in one statement; a key that is not found has no row.
TIER: Final = f"SELECT true AS is_known, tier.* FROM ({limits.QUOTA_OF.format(tier='found.tier')}) AS tier"  # noqa: S608 - ours
FIND: Final = (
    f"SELECT {', '.join(f'found.{name}' for name in COLUMNS)}, quota.*, ({EPOCH}), ({VERSION.format(key='found.id')})"  # noqa: S608 - ours
    f" FROM ({keys.FIND}) AS found LEFT JOIN LATERAL ({TIER}) AS quota ON true"
)
SAME: Final = f"same AS MATERIALIZED (SELECT ({EPOCH}) AS epoch WHERE ({VERSION.format(key='%(key)s')}) = %(version)s)"
LOOK: Final = f"WITH {SAME} SELECT epoch FROM same"  # noqa: S608 - ours
COUNT: Final = (
    f"WITH {SAME}, {limits.WINDOWS.format(only_if='WHERE EXISTS (SELECT FROM same)')}"  # noqa: S608 - ours
    f" SELECT same.epoch, counted.* FROM same LEFT JOIN ({limits.COUNTED}) AS counted ON true"
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A right key that may be used now, its limits, and the state of the rows that planning reads."""

    key: ApiKey
    quota: Quota
    epoch: Epoch
    version: str  # of the rows that the first two were read from


_kept: dict[str, Admitted] = {}  # by the key's prefix


async def admit(authorization: str, *, scope: Scope, at: datetime) -> Admitted | None:
    """Return who asks, with the request counted; None when a thread must decide that.

    :raises ScopeMissing: when the key was not made for this; nothing is counted then.
    :raises QuotaExceeded: when it asked too often; likewise.
    """
    token = keys.bearer_token(authorization)
    known = _kept.get(keys.prefix_of(token)) if token else None
    if known and token and _may_pass(known.key, token, at=at) and keys.allows(known.key, scope):
        if (admitted := await _counted(known, at=at)) is not None:
            return admitted
        _kept.pop(known.key.prefix, None)
    found = await find(authorization, at=at)
    if found is None:
        return None
    keys.require(found.key, scope)
    if found.key.prefix in _kept or len(_kept) < MOST_KEPT:
        _kept[found.key.prefix] = found
    return await _counted(found, at=at)


def guess(authorization: str) -> Admitted | None:
    """Return who asks as far as memory tells, unchecked: what is prepared for them counts only if `admit` agrees."""
    token = keys.bearer_token(authorization)
    return _kept.get(keys.prefix_of(token)) if token else None


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


async def _counted(known: Admitted, *, at: datetime) -> Admitted | None:
    """Count one request of a key as it is known; None when its rows changed, or that cannot be done here.

    :raises QuotaExceeded: when it asked too often; nothing is counted then.
    """
    unit, quota = limits.unit_of(known.key), known.quota
    is_limited = quota.per_minute is not None or quota.per_hour is not None
    given = {**limits.values(unit, quota, at=at), "key": known.key.pk, "version": known.version}
    try:
        rows = await lease.current().fetch(COUNT if is_limited else LOOK, given)
    except lease.LeaseLost:
        return None
    if not rows:
        return None
    if is_limited:
        limits.refuse_excess(_windows(rows), quota, at=at)
    epoch = tuple(rows[0][0] or ())
    return known if epoch == known.epoch else replace(known, epoch=epoch)


def _windows(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row[1:] for row in rows if row[1] is not None]


def _admitted(row: tuple[Any, ...], token: str, *, at: datetime) -> Admitted | None:
    *told, has_tier, per_minute, per_hour, epoch, version = row
    key = ApiKey.from_db(None, COLUMNS, told)
    if not _may_pass(key, token, at=at):
        return None
    usual = Quota(per_minute, per_hour) if has_tier else limits.USUAL
    return Admitted(key, limits.own_or_usual(key, usual), tuple(epoch or ()), version)


def _may_pass(key: ApiKey, token: str, *, at: datetime) -> bool:
    return keys.is_right(key, token, at=at) and not keys.is_use_to_be_noted(key, at=at)
