"""Put thresholds back to what their rules ship with."""

from collections.abc import Iterable

from django.db import transaction

from recommendations.domain.findings.catalog import default_thresholds
from recommendations.models import Threshold


def reset(rows: Iterable[Threshold]) -> int:
    """Give each threshold its shipped value again, so that it follows new defaults; return how many changed."""
    shipped, changed = default_thresholds(), 0
    with transaction.atomic():
        for row in rows:
            value = shipped[row.rule].values.get(row.name) if row.rule in shipped else None
            if value is None or (row.value, row.seed.get("value")) == (value, value):
                continue
            row.value, row.seed = value, {"value": value}
            row.save(update_fields=["value", "seed"])
            changed += 1
    return changed
