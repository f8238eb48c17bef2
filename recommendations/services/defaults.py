"""The first rows of this floor: every rule's thresholds and the shipped weights. Never overwrites an edited row."""

from datetime import datetime

from recommendations.domain import alerts
from recommendations.domain.findings.catalog import RULES
from recommendations.models import Threshold
from recommendations.services import enrichment_defaults, quality_bar
from recommendations.services.weights import ensure_revision


def load(*, at: datetime) -> tuple[str, ...]:
    """Return one line for each row that was created or that followed a new default."""
    made = ["scoring weights: shipped revision activated"] if ensure_revision(at=at) else []
    made += enrichment_defaults.load()
    existing = {(row.rule, row.name): row for row in Threshold.objects.all()}
    owners = [(rule.slug, rule.thresholds) for rule in RULES]
    for slug, specs in (*owners, (quality_bar.SLUG, quality_bar.specs()), (alerts.SLUG, alerts.SPECS)):
        for spec in specs:
            row = existing.get((slug, spec.name)) or Threshold(rule=slug, name=spec.name)
            if _follow(row, value=spec.default, unit=spec.unit, help_text=spec.help):
                made.append(f"threshold {slug}.{spec.name} = {spec.default:g} {spec.unit}".rstrip())
    return tuple(made)


def _follow(row: Threshold, *, value: float, unit: str, help_text: str) -> bool:
    """Save the default unless the row was edited since it was loaded; return whether anything changed."""
    is_edited = row.pk is not None and row.seed.get("value") != row.value
    if is_edited or (row.pk is not None and (row.value, row.unit, row.help_text) == (value, unit, help_text)):
        return False
    row.value, row.unit, row.help_text, row.seed = value, unit, help_text, {"value": value}
    row.save()
    return True
