"""Forty days of a simulated node: advised, applied on the node itself, detected, measured, learned from."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection

from feedback.models import CategoryEffect, ImpactReport
from feedback.services.detect import detect_applied
from feedback.services.learn import learn
from feedback.services.measure import due, measure_recommendation_impact
from feedback.services.pooling import pool_categories
from models_registry.services import defaults as model_defaults
from rag.services import defaults as rag_defaults
from recommendations.domain.advice import Engine, State
from recommendations.models import NodeConnection, Recommendation, RecommendationRun, Threshold, WeightRevision
from recommendations.services import defaults as recommendation_defaults
from recommendations.services import weights
from recommendations.services.collect import Advice, advise_now
from recommendations.services.prepare import AdviceRequest
from tests.journeys.inside import run
from tests.recommendations.services.nodes import AT, LND_KEY, connected, read
from tests.servers.lnd import LndServer
from tests.servers.simulated import SimulatedNode, simulated

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CHANNELS = 64
A_DAY = 3  # forwards of each channel
BATCHES = 10
AGES = (0, 12, 24, 36)  # hours since the reading that the advice rests on


@pytest.fixture
def operator(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """An administrator who runs a node; the test's connection, and its transaction, stays open all the time."""
    for name in ("close", "close_if_unusable_or_obsolete"):
        monkeypatch.setattr(connection, name, lambda: None)
    for floor in (model_defaults, rag_defaults, recommendation_defaults):
        floor.load(at=AT)
    Threshold.objects.filter(rule="htlc_limits", name="at_most").update(value=6)
    Threshold.objects.filter(name="changes_per_day").update(value=30)
    return get_user_model().objects.create_user("operator", password="a long enough secret", is_staff=True)


@pytest.fixture
def server() -> Iterator[LndServer]:
    node = simulated(LND_KEY, channels=CHANNELS, forwards=0, at=AT)
    for scid, channel in node.channels.items():
        node.set_balance(scid, channel.capacity_sat // 8)  # less than it announces for a payment
        node.set_policy(scid, max_htlc_msat=channel.capacity_sat * 900)
    for day in range(-60, 0):
        live(node, AT + day * DAY, days=1, gains={})
    with LndServer(node) as opened:
        yield opened


def live(node: SimulatedNode, begin: datetime, *, days: int, gains: dict[str, float]) -> None:
    """Let days pass on the node: each channel forwards as always, and so many times more where something helped."""
    rng = Random(int(begin.timestamp()))
    scids = list(node.channels)
    events = []
    for day in range(days):
        for scid in scids:
            count = round(A_DAY * gains.get(scid, 1.0))
            events += [(begin + day * DAY + timedelta(minutes=rng.randrange(1_430)), scid) for _ in range(count)]
    for at, scid in sorted(events):
        node.add_forward(rng.choice(scids), scid, amount_msat=20_000_000, fee_msat=2_000, at=at)
    node.now = begin + days * DAY


def advise(user: User, at: datetime) -> Advice:
    wish = AdviceRequest(pubkey=LND_KEY, unit="user:1", user=user, engine=Engine.RULES, max_results=60)
    return run(advise_now, wish, at=at)


def apply_on_the_node(node: SimulatedNode, *, but: dict[str, float]) -> list[str]:
    """Do on the node what is advised of policies, as an operator with the printed commands would; return channels."""
    done: list[str] = []
    for row in Recommendation.objects.filter(state=State.GENERATED):
        told = row.payload["action_parameters"]
        if row.target in (*but, *done):  # a second change of a channel would spoil what is measured of the first
            continue
        if row.payload["action"] == "set_htlc_limits":
            node.set_policy(row.target, max_htlc_msat=told["new_max_msat"])
        elif row.payload["action"] == "set_channel_fee":
            node.set_policy(row.target, fee_ppm=told["new"]["fee_ppm"], base_fee_msat=told["new"]["base_fee_msat"])
        else:
            continue
        done.append(row.target)
    return done


def measure_what_is_due(at: datetime) -> None:
    for days in (7, 28):
        for key in due(at=at, days_after=days):
            measure_recommendation_impact(key, days_after=days, at=at)
        pool_categories(days_after=days, at=at)


def test_forty_days_from_advice_to_better_weights(operator: User, server: LndServer) -> None:
    node, gains, begin = server.node, dict[str, float](), AT
    row = connected(server, operator, graph_every_h=24)
    for batch in range(BATCHES):
        read(row, at=begin)
        detect_applied(at=begin)
        age = AGES[batch % len(AGES)]
        advise(operator, begin + age * HOUR)
        # What rests on a fresh reading helps; what rests on an old one does not.
        gains |= dict.fromkeys(apply_on_the_node(node, but=gains), 1.0 + (36 - age) / 18)
        live(node, begin, days=2, gains=gains)
        begin += 2 * DAY
    read(row, at=begin)
    detect_applied(at=begin)

    applied = Recommendation.objects.filter(state=State.APPLIED)
    assert applied.count() == len(gains) >= 30
    assert set(applied.values_list("actor", flat=True)) == {"detected"}

    live(node, begin, days=40 - 2 * BATCHES, gains=gains)
    at = AT + 40 * DAY
    read(row, at=at)
    measure_what_is_due(at)

    assert ImpactReport.objects.filter(days_after=7).count() == applied.count()
    assert ImpactReport.objects.filter(days_after=28).exists()
    assert CategoryEffect.objects.get(category="channels", days_after=7).verdict == "helped"
    its_weights_are_proposed_and_change_the_order(operator, row, at=at)


def its_weights_are_proposed_and_change_the_order(operator: User, row: NodeConnection, *, at: datetime) -> None:
    before = advise(operator, at + HOUR).recommendations
    first = WeightRevision.objects.get(is_active=True)

    for _ in range(5):  # each step is short: five weeks of an administrator who agrees
        standing = WeightRevision.objects.get(is_active=True)
        learned = learn(at=at)
        assert learned.revision_id
        proposed = WeightRevision.objects.get(pk=learned.revision_id)
        assert not proposed.is_active
        assert standing.data_confidence < proposed.data_confidence <= standing.data_confidence + 0.0501
        weights.activate(proposed)

    after = advise(operator, at + HOUR).recommendations
    assert sorted(one["tracking_id"] for one in before) == sorted(one["tracking_id"] for one in after)
    assert [one["tracking_id"] for one in before] != [one["tracking_id"] for one in after]
    runs = RecommendationRun.objects.order_by("pk").values_list("weights_id", flat=True)
    assert set(runs) == {first.pk, proposed.pk}
    assert all(one.run is not None for one in Recommendation.objects.filter(state=State.APPLIED).select_related("run"))
