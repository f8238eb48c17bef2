"""What an operator's node told of its channels, as rows: balances, forwards, failures, costs. One statement each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from recommendations.domain.facts import LOOK_BACK_DAYS, CostFacts, FailureFacts, FlowFacts, PolicyFacts
from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import CostKind, FailedAt
from recommendations.models import NodeConnection

FLOW_WINDOW_DAYS = 30
SHORT_WINDOW_DAYS = 14
LONG_WINDOW_DAYS = 90  # profitability
WEEK_DAYS = 7  # the least of failures worth a rate
SECONDS_PER_DAY = 86_400

PRIVATE_CHANNELS = """
SELECT scid, local_sat, remote_sat, is_active, is_initiator, peer_uptime_ratio, monitored_days,
  extract(epoch FROM measured_at)::float, chan_point, own_policy, extract(epoch FROM policy_changed_at)::float
FROM recommendations_privatechannel WHERE connection_id = %(connection)s
"""
# Each side is summed by itself, and the percentile over its short window alone: none of it needs a sort of all rows.
FLOWS = """
WITH known AS NOT MATERIALIZED (
  SELECT outgoing_scid, incoming_scid, amount_out_msat, amount_in_msat, fee_msat, at
  FROM recommendations_forward WHERE connection_id = %(connection)s AND at > %(look_back)s AND at <= %(measured_at)s
), leaving AS (
  SELECT outgoing_scid AS scid, max(at) AS latest,
    sum(amount_out_msat) FILTER (WHERE at > %(window)s) AS msat, count(*) FILTER (WHERE at > %(window)s) AS count,
    sum(fee_msat) FILTER (WHERE at > %(window)s) AS fees, sum(fee_msat) FILTER (WHERE at > %(long)s) AS long_fees,
    sum(amount_out_msat) FILTER (WHERE at > %(short)s) AS short_msat
  FROM known GROUP BY outgoing_scid
), arriving AS (
  SELECT incoming_scid AS scid, max(at) AS latest,
    sum(amount_in_msat) FILTER (WHERE at > %(window)s) AS msat, count(*) FILTER (WHERE at > %(window)s) AS count,
    sum(fee_msat) FILTER (WHERE at > %(window)s) AS fees,
    sum(amount_in_msat) FILTER (WHERE at > %(short)s) AS short_msat
  FROM known GROUP BY incoming_scid
), sizes AS (
  SELECT outgoing_scid AS scid, percentile_disc(0.9) WITHIN GROUP (ORDER BY amount_out_msat) AS p90_msat
  FROM known WHERE at > %(window)s GROUP BY outgoing_scid
)
SELECT scid,
  coalesce(leaving.msat, 0)::bigint / 1000, coalesce(arriving.msat, 0)::bigint / 1000,
  coalesce(leaving.count, 0), coalesce(arriving.count, 0),
  coalesce(leaving.fees, 0)::bigint, coalesce(arriving.fees, 0)::bigint,
  coalesce(leaving.short_msat, 0)::bigint / 1000, coalesce(arriving.short_msat, 0)::bigint / 1000,
  extract(epoch FROM greatest(leaving.latest, arriving.latest))::float, sizes.p90_msat, %(known_days)s::float,
  CASE WHEN %(known_days)s >= 90 THEN coalesce(leaving.long_fees, 0)::bigint END
FROM leaving FULL JOIN arriving USING (scid) LEFT JOIN sizes USING (scid)
"""
SHORT = f"(failed_at = '{FailedAt.HERE}' AND reason LIKE '%%TEMPORARY_CHANNEL_FAILURE%%')"
FAILURES = f"""
SELECT outgoing_scid,
  count(*) FILTER (WHERE {SHORT}), count(*) FILTER (WHERE {SHORT} AND at > %(week)s),
  (sum(amount_msat) FILTER (WHERE {SHORT}))::bigint / 1000, (sum(fee_msat) FILTER (WHERE {SHORT}))::bigint,
  count(fee_msat) FILTER (WHERE {SHORT}), count(*) FILTER (WHERE NOT {SHORT})
FROM recommendations_failedforward
WHERE connection_id = %(connection)s AND at > %(window)s AND at <= %(measured_at)s AND outgoing_scid <> ''
GROUP BY outgoing_scid
"""  # noqa: S608 - constants of this file
COSTS = f"""
SELECT scid,
  coalesce(sum(cost_msat) FILTER (WHERE kind = '{CostKind.REBALANCE}' AND at > %(window)s), 0)::bigint,
  coalesce(sum(cost_msat) FILTER (WHERE kind = '{CostKind.REBALANCE}' AND at > %(month)s), 0)::bigint,
  coalesce(sum(amount_msat) FILTER (WHERE kind = '{CostKind.REBALANCE}' AND at > %(window)s), 0)::bigint,
  (sum(cost_msat) FILTER (WHERE kind = '{CostKind.OPEN}'))::bigint
FROM recommendations_channelcost WHERE connection_id = %(connection)s AND at <= %(measured_at)s GROUP BY scid
"""  # noqa: S608 - constants of this file


class PrivateRow(NamedTuple):
    scid: str
    local_sat: int | None
    remote_sat: int | None
    is_active: bool | None
    is_initiator: bool | None
    uptime_ratio: float | None
    monitored_days: float | None
    measured_at: datetime
    chan_point: str
    own_policy: str | None  # JSON: raw rows are not decoded
    policy_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Flows:
    """What moved through channels over `window_days`, by short channel id; idle ones have no entry."""

    window_days: int
    known_days: float
    by_scid: Mapping[str, FlowFacts]

    def through(self, scid: str) -> FlowFacts:
        """Return the flow of one channel: known to be none where there is no entry."""
        fees_90d = 0 if self.known_days >= LONG_WINDOW_DAYS else None
        still = FlowFacts(self.window_days, 0, 0, 0, 0, 0, 0, 0, 0, None, None, self.known_days, fees_90d)
        return self.by_scid.get(scid, still)


@dataclass(frozen=True, slots=True)
class Books:
    """Forwards, failures and costs of one connected node; None where they are not known."""

    flows: Flows | None
    failures: Mapping[str, FailureFacts] | None
    no_failure: FailureFacts | None
    costs: Mapping[str, CostFacts] | None
    no_cost: CostFacts | None


def private_rows(connection_id: int) -> dict[str, PrivateRow]:
    """Return what the operator's node says of its channels, by short channel id. One statement."""
    rows = _fetch(PRIVATE_CHANNELS, {"connection": connection_id})
    return {row[0]: PrivateRow._make((*row[:7], _at(row[7]), *row[8:10], _moment(row[10]))) for row in rows}


def told_policy(told: str, *, changed_at: datetime | None, announced: PolicyFacts | None) -> PolicyFacts:
    """Return the policy that a node told of itself; with the announced one's times where the values are the same."""
    record = PolicyRecord(**json.loads(told))
    updated_at = datetime.fromtimestamp(record.updated_s, UTC) if record.updated_s else None
    policy = PolicyFacts(*record[:6], updated_at, record.inbound_base_fee_msat, record.inbound_fee_ppm, changed_at)
    if announced is None:
        return policy
    is_same = announced._replace(updated_at=updated_at, changed_at=changed_at) == policy
    return policy._replace(
        updated_at=updated_at or announced.updated_at,
        changed_at=changed_at or (announced.changed_at if is_same else None),
    )


def books(seen: NodeConnection, *, measured_at: datetime) -> Books:
    """Return the connection's forwards, failures and costs up to `measured_at`. Three statements at most."""
    failure_days = int(min(FLOW_WINDOW_DAYS, _known_days(seen.failures_from, measured_at)))
    cost_days = int(min(LONG_WINDOW_DAYS, _known_days(seen.costs_from, measured_at)))
    has_failures, has_costs = failure_days >= WEEK_DAYS, cost_days >= 1
    return Books(
        flows=_flows(seen, measured_at=measured_at),
        failures=_failures(seen.pk, measured_at=measured_at, days=failure_days) if has_failures else None,
        no_failure=FailureFacts(failure_days, 0, 0, 0, 0, 0, 0) if has_failures else None,
        costs=_costs(seen.pk, measured_at=measured_at, days=cost_days) if has_costs else None,
        no_cost=CostFacts(cost_days, 0, 0, 0, None) if has_costs else None,
    )


def _flows(seen: NodeConnection, *, measured_at: datetime) -> Flows | None:
    """Return what moved through each channel; a history shorter than the window has a shorter window."""
    known_days = _known_days(seen.forwards_from, measured_at)
    if known_days < 1:
        return None
    window_days = int(min(FLOW_WINDOW_DAYS, known_days))
    names = {
        "connection": seen.pk,
        "measured_at": measured_at,
        "known_days": known_days,
        "window": measured_at - timedelta(days=window_days),
        "short": measured_at - timedelta(days=min(SHORT_WINDOW_DAYS, window_days)),
        "long": measured_at - timedelta(days=LONG_WINDOW_DAYS),
        "look_back": measured_at - timedelta(days=LOOK_BACK_DAYS),
    }
    return Flows(window_days, known_days, {row[0]: _flow(row, window_days) for row in _fetch(FLOWS, names)})


def _flow(row: tuple[Any, ...], window_days: int) -> FlowFacts:
    values: tuple[Any, ...] = (window_days, *row[1:9], _moment(row[9]), *row[10:])
    return FlowFacts(*values)


def _failures(connection_id: int, *, measured_at: datetime, days: int) -> dict[str, FailureFacts]:
    names = {
        "connection": connection_id,
        "measured_at": measured_at,
        "window": measured_at - timedelta(days=days),
        "week": measured_at - timedelta(days=WEEK_DAYS),
    }
    return {row[0]: FailureFacts(days, *row[1:]) for row in _fetch(FAILURES, names)}


def _costs(connection_id: int, *, measured_at: datetime, days: int) -> dict[str, CostFacts]:
    names = {
        "connection": connection_id,
        "measured_at": measured_at,
        "window": measured_at - timedelta(days=days),
        "month": measured_at - timedelta(days=min(days, FLOW_WINDOW_DAYS)),
    }
    return {row[0]: CostFacts(days, *row[1:]) for row in _fetch(COSTS, names)}


def _known_days(since: datetime | None, measured_at: datetime) -> float:
    return 0.0 if since is None else max(0.0, (measured_at - since).total_seconds() / SECONDS_PER_DAY)


def _moment(epoch_s: float | None) -> datetime | None:
    # Seconds, because reading thousands of timestamps as text takes longer than the statement.
    return None if epoch_s is None else _at(epoch_s)


def _at(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def _fetch(statement: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return list(cursor.fetchall())
