"""The first rows of this floor: every rule's thresholds and the shipped weights. Never overwrites an edited row."""

from datetime import datetime

from recommendations.domain.findings.catalog import RULES
from recommendations.models import Threshold
from recommendations.services.weights import ensure_revision


def load(*, at: datetime) -> tuple[str, ...]:
    """Return one line for each row that was created or that followed a new default."""
    made = ["scoring weights: shipped revision activated"] if ensure_revision(at=at) else []
    existing = {(row.rule, row.name): row for row in Threshold.objects.all()}
    for rule in RULES:
        for spec in rule.thresholds:
            row = existing.get((rule.slug, spec.name)) or Threshold(rule=rule.slug, name=spec.name)
            if _follow(row, value=spec.default, unit=spec.unit, help_text=spec.help):
                made.append(f"threshold {rule.slug}.{spec.name} = {spec.default:g} {spec.unit}".rstrip())
    return tuple(made)


def _follow(row: Threshold, *, value: float, unit: str, help_text: str) -> bool:
    """Save the default unless the row was edited since it was loaded; return whether anything changed."""
    is_edited = row.pk is not None and row.seed.get("value") != row.value
    if is_edited or (row.pk is not None and (row.value, row.unit, row.help_text) == (value, unit, help_text)):
        return False
    row.value, row.unit, row.help_text, row.seed = value, unit, help_text, {"value": value}
    row.save()
    return True
