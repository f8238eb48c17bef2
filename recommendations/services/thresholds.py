"""Put thresholds back to what their rules ship with."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from recommendations.domain import alerts
from recommendations.domain.findings.catalog import default_thresholds
from recommendations.models import Threshold
from recommendations.services import quality_bar


def reset(rows: Iterable[Threshold]) -> int:
    """Give each threshold its shipped value again, so that it follows new defaults; return how many changed."""
    shipped, changed = _shipped(), 0
    with transaction.atomic():
        for row in rows:
            value = shipped.get(row.rule, {}).get(row.name)
            if value is None or (row.value, row.seed.get("value")) == (value, value):
                continue
            row.value, row.seed = value, {"value": value}
            row.save(update_fields=["value", "seed"])
            changed += 1
    return changed


def _shipped() -> Mapping[str, Mapping[str, float]]:
    rules = {slug: thresholds.values for slug, thresholds in default_thresholds().items()}
    others = ((quality_bar.SLUG, quality_bar.specs()), (alerts.SLUG, alerts.SPECS))
    return {**rules, **{slug: {spec.name: spec.default for spec in specs} for slug, specs in others}}
