"""The numbers an administrator set: scoring weights and rule thresholds, read anew for each request."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models.functions import JSONObject

from recommendations.domain.advice import Thresholds
from recommendations.domain.findings.catalog import default_thresholds
from recommendations.domain.scoring import FACTOR_NAMES, Goal, Weights
from recommendations.models import Threshold, TrackRecord, WeightRevision

LOCK = 0x77656967  # "weig"
SHIPPED = {name: float(getattr(Weights(), name)) for name in FACTOR_NAMES}
# Read with the weights: one statement, whatever was measured.
RECORDS = ArraySubquery(TrackRecord.objects.values(told=JSONObject(category="category", factor="factor")))


@dataclass(frozen=True, slots=True)
class ActiveWeights:
    """The weights in force for one goal, and the revision they come from (None: the shipped ones)."""

    weights: Weights
    goal: str
    revision_id: int | None


def active_weights(goal: str, *, revision_id: int | None = None) -> ActiveWeights:
    """Return the active revision's weights, moved towards `goal` and normalized.

    A revision named by a rollout weighs in its place, while there is one of that number.
    """
    rows = WeightRevision.objects.annotate(records=RECORDS)
    tried = None if revision_id is None else rows.filter(pk=revision_id).first()
    row = tried or rows.filter(is_active=True).first()
    base = Weights() if row is None else _weights(row)
    return ActiveWeights(base.toward(Goal(goal)), goal, None if row is None else row.pk)


def _weights(row: Any) -> Weights:
    """Return what a revision, with the records beside it, says."""
    own: dict[str, Any] = {name: getattr(row, name) for name in SHIPPED}
    return Weights(**own, records={one["category"]: one["factor"] for one in row.records})


def active_thresholds() -> Mapping[str, Thresholds]:
    """Return every rule's thresholds: the rows where there are any, else what the rule ships with. One query."""
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for rule, shipped in default_thresholds().items():
        values[rule].update(shipped.values)
    for rule, name, value in Threshold.objects.values_list("rule", "name", "value"):
        values[rule][name] = value
    return {rule: Thresholds(rule, numbers) for rule, numbers in values.items()}


def note_records(factors: Mapping[str, tuple[float, int]], *, at: datetime) -> None:
    """Store how measured advice of each category did: its factor beside all advice, and the number of outcomes."""
    TrackRecord.objects.bulk_create(
        (TrackRecord(category=c, factor=f, outcomes=n, measured_at=at) for c, (f, n) in sorted(factors.items())),
        update_conflicts=True,
        unique_fields=["category"],
        update_fields=["factor", "outcomes", "measured_at"],
    )


def activate(revision: WeightRevision) -> None:
    """Make `revision` the one in force; the one before stays in the history."""
    with transaction.atomic():
        hold()
        WeightRevision.objects.filter(is_active=True).update(is_active=False)
        WeightRevision.objects.filter(pk=revision.pk).update(is_active=True)


def hold() -> None:
    """Have whoever else proposes or activates weights wait until this transaction ends.

    A lock on the active row would not do: who waited for it finds it active no longer, and the new one not yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def ensure_revision(*, at: datetime) -> bool:
    """Create the first revision from the shipped weights; return whether one was made."""
    if WeightRevision.objects.exists():
        return False
    WeightRevision.objects.create(**SHIPPED, note="Shipped weights", is_active=True, created_at=at)
    return True
