"""Store forwards, failures and costs, a page at a time: the rows and where to go on stand or fall together."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from recommendations.domain.graph_records import storable
from recommendations.domain.readings import CostReading, FailedAt, FailureReading, ForwardReading

SUCCESS_WINDOW = timedelta(days=30)
LEAST_KNOWN = timedelta(days=1)
LONGEST_REASON, LONGEST_REFERENCE = 80, 120  # characters, as the columns hold

FORWARD_ROWS = """jsonb_to_recordset(%(rows)s::jsonb) AS fresh(at timestamptz, incoming_scid text,
  outgoing_scid text, amount_in_msat bigint, amount_out_msat bigint, fee_msat bigint)"""
STORE_FORWARDS = f"""
INSERT INTO recommendations_forward (connection_id, at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat,
  fee_msat)
SELECT %(connection)s, fresh.* FROM {FORWARD_ROWS}
"""  # noqa: S608 - constants of this file
# Files overlap, and two equal forwards in one second are real: of each kind, as many are added as are missing.
ADD_FORWARDS = f"""
WITH fresh AS (
  SELECT *, row_number() OVER (PARTITION BY at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat,
    fee_msat) AS place
  FROM {FORWARD_ROWS}
), known AS (
  SELECT at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat, fee_msat, count(*) AS many
  FROM recommendations_forward WHERE connection_id = %(connection)s
    AND at BETWEEN (SELECT min(at) FROM fresh) AND (SELECT max(at) FROM fresh)
  GROUP BY 1, 2, 3, 4, 5, 6
)
INSERT INTO recommendations_forward (connection_id, at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat,
  fee_msat)
SELECT %(connection)s, fresh.at, fresh.incoming_scid, fresh.outgoing_scid, fresh.amount_in_msat,
  fresh.amount_out_msat, fresh.fee_msat
FROM fresh LEFT JOIN known USING (at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat, fee_msat)
WHERE fresh.place > coalesce(known.many, 0)
"""  # noqa: S608 - constants of this file
STORE_FAILURES = """
INSERT INTO recommendations_failedforward (connection_id, at, incoming_scid, outgoing_scid, amount_msat, fee_msat,
  failed_at, reason)
SELECT %(connection)s, fresh.* FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh(at timestamptz, incoming_scid text,
  outgoing_scid text, amount_msat bigint, fee_msat bigint, failed_at text, reason text)
"""
STORE_COSTS = """
INSERT INTO recommendations_channelcost (connection_id, reference, at, kind, scid, cost_msat, amount_msat)
SELECT %(connection)s, fresh.* FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh(reference text, at timestamptz,
  kind text, scid text, cost_msat bigint, amount_msat bigint)
ON CONFLICT (connection_id, reference) DO UPDATE SET cost_msat = excluded.cost_msat, scid = excluded.scid
"""
# Of the forwards that were ours to make: what failed behind our channel says nothing of this node.
SUCCESS_RATE = """
SELECT settled::float / nullif(settled + failed, 0) FROM (
  SELECT (SELECT count(*) FROM recommendations_forward WHERE connection_id = %(connection)s AND at > %(since)s) settled,
    (SELECT count(*) FROM recommendations_failedforward
     WHERE connection_id = %(connection)s AND at > %(since)s AND failed_at = %(here)s) failed) counts
"""


def store_forwards(connection_id: int, forwards: Sequence[ForwardReading]) -> None:
    """Add forwards that no earlier page told of. One statement, or none."""
    if forwards:
        _run(STORE_FORWARDS, connection_id, map(_forward_row, forwards))


def add_forwards(connection_id: int, forwards: Sequence[ForwardReading]) -> int:
    """Add those forwards that are not there yet, and return how many: the same file twice adds nothing."""
    return _run(ADD_FORWARDS, connection_id, map(_forward_row, forwards)) if forwards else 0


def store_failures(connection_id: int, failures: Sequence[FailureReading]) -> None:
    """Add failed forwards. One statement, or none."""
    if failures:
        _run(STORE_FAILURES, connection_id, map(_failure_row, failures))


def store_costs(connection_id: int, costs: Sequence[CostReading]) -> None:
    """Add or correct what channels cost; each has a name of its own. One statement, or none."""
    if costs:
        _run(STORE_COSTS, connection_id, {cost.reference: _cost_row(cost) for cost in costs}.values())


def success_rate(connection_id: int, *, failures_from: datetime | None, at: datetime) -> float | None:
    """Return which share of the latest forwards, 30 days at most, did not fail at this node.

    None when there was none, or when failures are known for less than a day.
    """
    if failures_from is None or at - failures_from < LEAST_KNOWN:
        return None
    since = max(at - SUCCESS_WINDOW, failures_from)
    names: dict[str, Any] = {"connection": connection_id, "since": since, "here": FailedAt.HERE.value}
    with connection.cursor() as cursor:
        cursor.execute(SUCCESS_RATE, names)
        row = cursor.fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _run(statement: str, connection_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"connection": connection_id, "rows": json.dumps(list(rows))})
        return int(cursor.rowcount)


def _forward_row(forward: ForwardReading) -> dict[str, Any]:
    return {
        "at": forward.at.isoformat(),
        "incoming_scid": forward.incoming_scid,
        "outgoing_scid": forward.outgoing_scid,
        "amount_in_msat": forward.amount_in_msat,
        "amount_out_msat": forward.amount_out_msat,
        "fee_msat": forward.fee_msat,
    }


def _failure_row(failure: FailureReading) -> dict[str, Any]:
    return {
        "at": failure.at.isoformat(),
        "incoming_scid": failure.incoming_scid,
        "outgoing_scid": failure.outgoing_scid or "",
        "amount_msat": failure.amount_msat,
        "fee_msat": failure.fee_msat,
        "failed_at": failure.failed_at.value,
        "reason": storable(failure.reason)[0][:LONGEST_REASON],
    }


def _cost_row(cost: CostReading) -> dict[str, Any]:
    return {
        "reference": cost.reference[:LONGEST_REFERENCE],
        "at": cost.at.isoformat(),
        "kind": cost.kind.value,
        "scid": cost.scid,
        "cost_msat": cost.cost_msat,
        "amount_msat": cost.amount_msat,
    }
