"""Write advice for many nodes at once: copied into a table of the transaction, merged into the rows from there.

The rows are those of `store` but for the run: nobody asked, so there is none, and the inbox passes them over. What was
decided on stays as it was shown, and what a run of advice put there keeps that run.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from recommendations.domain.advice import Engine, State
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.metrics import GENERATED
from recommendations.models import BulkRun, Recommendation
from recommendations.services.store import FROZEN_STATES, REFRESHED_FIELDS

AT_ONCE = 2_000  # rows removed in one go
COLUMNS = (
    *("id", "tracking_id", "node_id", "rule", "category", "priority", "score", "confidence", "target", "title"),
    *("payload", "state", "generated_at", "actor", "note", "reject_reason"),
)
REFRESHED = ", ".join(f"{name} = excluded.{name}" for name in REFRESHED_FIELDS if name != "run")
TABLE = """
CREATE TEMPORARY TABLE fresh_advice ON COMMIT DROP AS SELECT {columns} FROM recommendations_recommendation WITH NO DATA
"""
COPY = "COPY fresh_advice ({columns}) FROM STDIN"
MERGE = """
INSERT INTO recommendations_recommendation AS held ({columns}) SELECT {columns} FROM fresh_advice ORDER BY id
ON CONFLICT (id) DO UPDATE SET {refreshed},
  generated_at = CASE WHEN held.run_id IS NULL THEN excluded.generated_at ELSE held.generated_at END
WHERE held.state <> ALL(%s)
"""


@dataclass(frozen=True, slots=True)
class RowOf:
    """One recommendation for one node, with the key of its row."""

    key: UUID
    node_id: int
    item: ScoredRecommendation


def write(rows: Sequence[RowOf], *, at: datetime) -> None:
    """Insert or refresh the rows. Three statements, in the transaction that is open."""
    names = {"columns": ", ".join(COLUMNS), "refreshed": REFRESHED}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.fresh_advice")
        cursor.execute(TABLE.format(**names))
        with cursor.copy(COPY.format(**names)) as copy:
            for line in _lines(rows, at=at):
                copy.write_row(line)
        cursor.execute(MERGE.format(**names), [[state.value for state in FROZEN_STATES]])
    for (category, priority), count in Counter((row.item.category, row.item.priority) for row in rows).items():
        GENERATED.labels(category=category, priority=priority, source=Engine.RULES).inc(count)


def remove_outdated(run: BulkRun) -> int:
    """Remove what an earlier run made, nobody looked at, and this one no longer found; return how many rows."""
    return remove_unseen(run.snapshot.network_id, made_before=run.started_at)


def remove_unseen(network_id: int, *, made_before: datetime) -> int:
    """Remove the advice of a network that nobody asked for or looked at; return how many rows.

    AT_ONCE in one go: the floors above are asked about each, and all of them together may be a gigabyte.
    """
    unseen = Recommendation.objects.filter(
        node__network=network_id,
        run=None,
        connection=None,
        state__in=(State.GENERATED, State.EXPIRED),
        generated_at__lt=made_before,
    )
    removed = 0
    while keys := list(unseen.order_by().values_list("pk", flat=True)[:AT_ONCE]):
        removed += Recommendation.objects.filter(pk__in=keys).only("pk").delete()[0]
    return removed


def _lines(rows: Sequence[RowOf], *, at: datetime) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        item = row.item
        payload = msgspec.json.encode(item.to_payload()).decode()
        head = (row.key, item.tracking_id, row.node_id, item.rule, item.category.value, item.priority.value)
        words = (item.score, item.confidence, item.target, item.title[:300], payload)
        yield (*head, *words, State.GENERATED.value, at, "", "", "")
