"""The numbers an administrator set: the shipped ones until a row says otherwise, and never overwritten."""

import pytest
from django.db import IntegrityError, transaction

from recommendations.domain import alerts
from recommendations.domain.findings.catalog import RULES, default_thresholds
from recommendations.models import Threshold, WeightRevision
from recommendations.services import defaults
from recommendations.services.weights import SHIPPED, activate, active_thresholds, active_weights, ensure_revision
from tests.recommendations.conftest import AT

pytestmark = pytest.mark.django_db


def test_without_rows_the_shipped_numbers_are_in_force() -> None:
    assert active_weights("balanced").revision_id is None
    assert sum(vars_of(active_weights("balanced").weights)) == pytest.approx(1)
    assert active_thresholds() == default_thresholds()


def test_every_threshold_of_every_rule_gets_a_row_and_loading_again_changes_nothing() -> None:
    lines = defaults.load(at=AT)

    wanted = {(rule.slug, spec.name) for rule in RULES for spec in rule.thresholds}
    wanted |= {("quality", "min_score"), ("quality", "is_monitored")}
    wanted |= {(alerts.SLUG, spec.name) for spec in alerts.SPECS}
    assert set(Threshold.objects.values_list("rule", "name")) == wanted
    assert sum(line.startswith("threshold ") for line in lines) == len(wanted)
    assert defaults.load(at=AT) == ()
    assert all(Threshold.objects.values_list("help_text", flat=True))


def test_an_edited_row_keeps_its_value_and_an_unedited_one_follows_the_default() -> None:
    defaults.load(at=AT)
    edited, stale = Threshold.objects.all()[:2]
    Threshold.objects.filter(pk=edited.pk).update(value=edited.value + 1)
    Threshold.objects.filter(pk=stale.pk).update(value=stale.value + 1, seed={"value": stale.value + 1})

    lines = defaults.load(at=AT)

    assert len(lines) == 1
    assert Threshold.objects.get(pk=edited.pk).value == edited.value + 1
    assert Threshold.objects.get(pk=stale.pk).value == stale.value


def test_exactly_one_revision_is_in_force(django_assert_max_num_queries) -> None:
    assert ensure_revision(at=AT) is True
    assert ensure_revision(at=AT) is False
    first = WeightRevision.objects.get()
    second = WeightRevision.objects.create(**SHIPPED)

    activate(second)

    assert active_weights("balanced").revision_id == second.pk
    assert WeightRevision.objects.filter(pk=first.pk, is_active=False).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        WeightRevision.objects.create(**SHIPPED, is_active=True)


def test_weights_are_normalized_towards_the_goal() -> None:
    WeightRevision.objects.create(**{**SHIPPED, "revenue_impact": 9.0}, is_active=True)

    for goal in ("balanced", "revenue", "stability", "quick_wins"):
        assert sum(vars_of(active_weights(goal).weights)) == pytest.approx(1)


def vars_of(weights) -> list[float]:
    return [getattr(weights, name) for name in SHIPPED]
