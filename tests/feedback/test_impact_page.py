"""The page on impact: everything unknown at first, then figures with intervals, and only one's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from feedback.models import Calibration, CategoryEffect, ImpactReport
from feedback.services import defaults
from feedback.services.calibrate import calibrate
from recommendations.domain.advice import State
from recommendations.models import Forward, NodeConnection, PrivateChannel, Recommendation, RecommendationRun
from tests.journeys.stage import Stage

PAGE = "/impact/"


@pytest.fixture
def browser(stage: Stage) -> Client:
    client = Client()
    client.force_login(stage.user)
    return client


def text(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def measured(stage: Stage, key: UUID, **fields: Any) -> None:
    Recommendation.objects.filter(pk=key).update(
        state=State.APPLIED, applied_at=stage.demo.at, generated_at=timezone.now(), score=85
    )
    judgment = {
        "effect": 0.4,
        "low": 0.1,
        "high": 0.7,
        "dispersion": 5.4,
        "controls": ["1x1x1", "2x2x2"],
        "days_before": 28,
        "days_after": 7,
    }
    ImpactReport.objects.create(
        recommendation_id=key,
        days_after=7,
        status="measured",
        verdict="helped",
        effectiveness_score=0.8,
        judgment=judgment,
        gain_sat={"middle": 1_200, "low": 300, "high": 2_500},
        direct=[{"name": "fee_ppm", "wanted": 240, "found": 240, "unit": "ppm", "is_met": True}],
        explanation="Forwards rose.",
        **fields,
    )


def test_before_anything_was_measured_the_page_says_what_is_unknown_and_what_to_do(browser: Client) -> None:
    page = text(browser)

    assert page.count("unknown") >= 2
    assert "No controlled outcome yet" in page
    assert "calibrate_impact" in page


def test_what_was_measured_stands_with_its_interval(stage: Stage, key: UUID, browser: Client) -> None:
    measured(stage, key)
    CategoryEffect.objects.create(
        category="fees",
        days_after=7,
        count=34,
        successes=20,
        verdict="helped",
        effect=0.3,
        low=0.1,
        high=0.5,
        expected_effectiveness=0.41,
        measured_at=stage.demo.at,
    )

    page = text(browser)

    assert "1,200" in page
    assert "300 to 2,500" in page
    assert "+35 %" in page  # exp(0.3) - 1
    assert "+11 % to +65 %" in page
    assert "58.8" in page  # percent succeeded, of 34
    assert "80 to 100" in page
    assert "No controlled outcome" not in page
    assert "No controlled outcome yet" in text(browser, f"{PAGE}?days=28")


def test_what_was_predicted_is_drawn_against_what_was_measured(stage: Stage, key: UUID, browser: Client) -> None:
    assert "the plot begins with the first" in text(browser)
    measured(stage, key)

    page = text(browser)

    assert 'class="axis diagonal"' in page
    assert "Score 80 to 100: predicted 0.85, measured 0.80 (0.18 to 0.99), 1 measured" in page
    assert "0.18 to 0.99</td>" in page  # the table says the same
    assert "style=" not in page[page.index("h-predicted") : page.index("h-states")]


def test_the_page_of_one_recommendation_tells_how_its_effect_was_computed(
    stage: Stage, key: UUID, browser: Client
) -> None:
    measured(stage, key)

    page = text(browser, f"/recommendations/{key}/")

    assert "2 channels that were left alone" in page
    assert "as advised" in page
    assert "1,200 sat in 30 days" in page


def test_somebody_elses_figures_are_not_shown(stage: Stage, key: UUID, browser: Client) -> None:
    measured(stage, key)
    NodeConnection.objects.filter(pk=stage.demo.connection.pk).update(owner=stage.stranger, kind="files")

    assert "1,200" not in text(browser)
    assert Client().get(PAGE).status_code == 302


def test_the_number_of_statements_does_not_grow_with_the_reports(
    stage: Stage, key: UUID, browser: Client, django_assert_max_num_queries: Any
) -> None:
    text(browser)
    for row in Recommendation.objects.all()[:6]:
        measured(stage, row.pk)

    with django_assert_max_num_queries(22):
        text(browser)


def test_calibration_counts_verdicts_where_nothing_was_changed(stage: Stage, browser: Client) -> None:
    Forward.objects.all().delete()
    at, connection = stage.demo.at, stage.demo.connection
    NodeConnection.objects.filter(pk=connection.pk).update(forwards_from=at - timedelta(weeks=60), measured_at=at)
    connection.refresh_from_db()
    scids = list(PrivateChannel.objects.filter(connection=connection).values_list("scid", flat=True))
    Forward.objects.bulk_create(
        Forward(
            connection=connection,
            at=at - timedelta(days=7 * week + 1, minutes=number),
            incoming_scid="1x1x1",
            outgoing_scid=scid,
            amount_in_msat=1_001,
            amount_out_msat=1_000,
            fee_msat=1,
        )
        for place, scid in enumerate(scids)
        for week in range(60)
        for number in range(8 + (place * 7 + week * 5) % 9)
    )

    found = calibrate(connection, days_after=28, at=at)

    assert found.windows == 7 * len(scids)
    assert found.flagged <= 0.12 * found.windows
    assert found.dispersion == 5.0
    Calibration.objects.filter(pk=found.pk).update(windows=400, flagged=36, plain_flagged=88)
    page = text(browser)
    assert "9" in page
    assert "22" in page
    assert "calibrated" in page


def test_the_policy_follows_the_environment_until_somebody_edits_it(stage: Stage, settings: Any) -> None:
    assert defaults.load(at=stage.demo.at) == ("feedback policy: created",)
    assert defaults.load(at=stage.demo.at) == ()
    settings.FEEDBACK_MEASURE_AFTER_DAYS = 14
    assert defaults.load(at=stage.demo.at) == ("feedback policy: updated",)


def test_advice_for_a_whole_network_is_not_counted_as_ones_own(stage: Stage, key: UUID, browser: Client) -> None:
    Recommendation.objects.exclude(pk=key).delete()
    Recommendation.objects.update(generated_at=timezone.now())
    assert "No advice in the latest 30 days" not in text(browser)

    Recommendation.objects.update(connection=None, run=None)
    RecommendationRun.objects.all().delete()

    assert "No advice in the latest 30 days" in text(browser)
