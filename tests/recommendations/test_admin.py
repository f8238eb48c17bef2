"""The administrator reads ledgers without a query per row, sets thresholds, and activates one weight revision."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations import models
from recommendations.admin.tables import Ledger
from recommendations.domain.findings.catalog import default_thresholds
from recommendations.models import (
    GraphUpload,
    Network,
    Node,
    NodeView,
    Recommendation,
    RecommendationRun,
    Threshold,
    WeightRevision,
)
from recommendations.services import defaults
from recommendations.services.weights import SHIPPED, active_thresholds, active_weights

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODELS = tuple(getattr(models, name) for name in models.__all__)
LEDGERS = tuple(model for model in MODELS if isinstance(admin.site._registry.get(model), Ledger))
HOSTILE = "<script>alert(1)</script> \u202egnirts"


def page(model, name: str = "changelist", *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def act(client, model, action: str, *rows):
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(page(model), chosen, follow=True)


@pytest.fixture(scope="module")
def all_rows(module_demo, django_db_blocker):
    """Rows in every table of the floor: at least four in each list that can hold so many."""
    with django_db_blocker.unblock():
        sender = get_user_model().objects.create_user("sender")
        defaults.load(at=AT)
        for place, node in enumerate(Node.objects.order_by("pubkey")[:5]):
            add_rows(node, place, sender=sender, snapshot=module_demo.snapshot)
    yield module_demo
    with django_db_blocker.unblock():
        for model in (
            WeightRevision,
            Threshold,
            GraphUpload,
            models.Enrichment,
            models.OnchainFee,
            models.WarmRun,
            models.TrackRecord,
        ):
            model.objects.all().delete()
        sender.delete()


def add_rows(node: Node, place: int, *, sender, snapshot) -> None:
    NodeView.objects.create(node=node, day=AT.date(), count=place)
    GraphUpload.objects.create(user=sender, file_name=f"graph {place}")
    WeightRevision.objects.create(**SHIPPED, note=f"try {place}")
    models.NodeConnection.objects.create(node=node, owner=sender, kind=models.NodeConnection.Kind.FILES)
    run = RecommendationRun.objects.create(
        node=node, snapshot=snapshot, user=sender, engine="v1", analysis_type="detailed", outcome="completed"
    )
    add_outside_rows(node, place)
    add_bulk_rows(snapshot)
    add_alert_rows(node, place, sender=sender)
    add_history_rows(node, place, sender=sender)
    told = {"rule": "base_fee", "category": "fees", "priority": "low", "score": 1.0, "target": node.pubkey}
    Recommendation.objects.create(
        id=uuid4(), tracking_id=f"REC-{place}", node=node, run=run, title=f"Advice {place}", payload={}, **told
    )


def add_bulk_rows(snapshot) -> None:
    models.BulkRun.objects.create(snapshot=snapshot, total=60)
    counted = [field.name for field in models.WarmRun._meta.fields if field.name.startswith(("nodes", "questions"))]
    models.WarmRun.objects.create(seconds=1.0, **dict.fromkeys(counted, 1))


def add_alert_rows(node: Node, place: int, *, sender) -> None:
    connection = models.NodeConnection.objects.get(node=node, owner=sender)
    words = {"kind": "stale", "severity": "medium", "target": node.pubkey, "title": "Stale", "text": "It is old."}
    models.Alert.objects.create(
        connection=connection, key=f"stale:{place}", began_at=AT, opened_at=AT, seen_at=AT, **words
    )
    models.Watch.objects.create(connection=connection, at=AT)
    models.TrackRecord.objects.create(category=f"kind {place}", factor=1.2, outcomes=31, measured_at=AT)
    models.NodeStance.objects.create(owner=sender, node=node, profile="conservative")
    models.ChannelLimit.objects.create(owner=sender, node=node, scid=f"90000{place}x1x0", max_fee_ppm=500)
    if place == 0:
        models.AlertChoice.objects.create(owner=sender, email="ops@example.org")


def add_history_rows(node: Node, place: int, *, sender) -> None:
    seen = {"connection": models.NodeConnection.objects.get(node=node, owner=sender)}
    scid = f"90000{place}x1x0"
    models.FailedForward.objects.create(at=AT, incoming_scid=scid, failed_at="here", **seen)
    models.ChannelCost.objects.create(reference=scid, at=AT, kind="open", scid=scid, cost_msat=1, **seen)
    models.ClosedChannel.objects.create(scid=scid, capacity_sat=1, closed_by="breach", seen_at=AT, **seen)
    models.UptimeDay.objects.create(scid=scid, day=AT.date(), readings=2, online=1, **seen)


def add_outside_rows(node: Node, place: int) -> None:
    models.OnchainFee.objects.create(at=AT, source=f"node:{place}", sat_vb=1 + place)
    service = models.Enrichment.objects.get(slug="mempool")
    models.OutsideReading.objects.create(enrichment=service, pubkey=node.pubkey, as_of=AT, read_at=AT)


@pytest.fixture
def filled(all_rows, db):
    return all_rows


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(captured)


def test_every_table_of_the_floor_is_in_the_admin():
    assert [model.__name__ for model in MODELS if model not in admin.site._registry] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(filled, admin_client, monkeypatch, model):
    listed = admin.site._registry[model]
    queries_of(admin_client, page(model))  # content types and the like are looked up once

    counted = set()
    for rows in (1, 100):
        monkeypatch.setattr(listed, "list_per_page", rows)
        counted.add(queries_of(admin_client, page(model)))

    assert len(counted) == 1
    assert counted.pop() <= 14


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_row_opens(filled, admin_client, model):
    row = model.objects.first()

    assert admin_client.get(page(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model in admin.site._registry], ids=lambda m: m.__name__
)
def test_every_search_finds_its_way(filled, admin_client, model):
    if admin.site._registry[model].search_fields:
        assert admin_client.get(page(model), {"q": "02ab"}).status_code == 200


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: model.__name__)
def test_nobody_adds_changes_or_deletes_a_row_of_a_ledger(filled, admin_client, model):
    row = model.objects.first()

    assert admin_client.get(page(model, "add")).status_code == 403
    assert admin_client.post(page(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("words", ["REC-3", "Advice 3"])
def test_advice_is_found_by_tracking_id_and_title(filled, admin_client, words):
    response = admin_client.get(page(Recommendation), {"q": words})

    assert [row.tracking_id for row in response.context["cl"].result_list] == ["REC-3"]


def test_advice_is_found_by_its_node(filled, admin_client):
    node = Recommendation.objects.get(tracking_id="REC-2").node

    for words in (node.pubkey, node.pubkey[:20]):
        response = admin_client.get(page(Recommendation), {"q": words})
        assert [row.node_id for row in response.context["cl"].result_list] == [node.pk]


def test_a_hostile_alias_is_text(filled, admin_client):
    Node.objects.filter(pk=filled.node.pk).update(alias=HOSTILE)

    shown = admin_client.get(page(Node), {"q": filled.pubkey}).content.decode()

    assert "<script>alert(1)" not in shown
    assert "<bdi>&lt;script&gt;" in shown


def test_a_threshold_acts_on_the_next_request_and_goes_back(filled, admin_client):
    row = Threshold.objects.get(rule="base_fee", name="least_burden")
    shipped = row.value

    admin_client.post(page(Threshold, "change", row.pk), {"value": "0.9"})
    changed = active_thresholds()["base_fee"]["least_burden"]
    act(admin_client, Threshold, "reset_to_default", row)

    assert changed == 0.9
    assert (
        active_thresholds()["base_fee"]["least_burden"] == shipped == default_thresholds()["base_fee"]["least_burden"]
    )
    assert defaults.load(at=AT) == ()


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "many", ""])
def test_a_threshold_no_rule_could_use_is_refused(filled, admin_client, value):
    row = Threshold.objects.get(rule="base_fee", name="least_burden")

    response = admin_client.post(page(Threshold, "change", row.pk), {"value": value})

    assert response.status_code == 200
    assert response.context["errors"]
    assert Threshold.objects.get(pk=row.pk).value == row.value


def test_a_weight_revision_is_added_then_activated_and_the_one_before_stays(filled, admin_client):
    before = WeightRevision.objects.get(is_active=True)

    admin_client.post(page(WeightRevision, "add"), {**SHIPPED, "revenue_impact": "0.6", "note": "earn more"})
    added = WeightRevision.objects.get(note="earn more")
    inactive = active_weights("balanced").revision_id
    act(admin_client, WeightRevision, "activate", added)

    assert inactive == before.pk
    assert active_weights("balanced").revision_id == added.pk
    assert WeightRevision.objects.filter(pk=before.pk, is_active=False).exists()


@pytest.mark.parametrize("change", [dict.fromkeys(SHIPPED, "0"), {"risk_level": "-0.1"}], ids=["all zero", "negative"])
def test_weights_that_cannot_order_anything_are_refused(filled, admin_client, change):
    known = WeightRevision.objects.count()

    response = admin_client.post(page(WeightRevision, "add"), {**SHIPPED, **change})

    assert response.context["errors"]
    assert WeightRevision.objects.count() == known


def test_a_weight_revision_is_never_changed_or_deleted(filled, admin_client):
    row = WeightRevision.objects.latest("pk")

    assert admin_client.post(page(WeightRevision, "change", row.pk), SHIPPED).status_code == 403
    assert admin_client.post(page(WeightRevision, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_exactly_one_revision_is_activated_at_a_time(filled, admin_client):
    active = active_weights("balanced").revision_id

    response = act(admin_client, WeightRevision, "activate", *WeightRevision.objects.filter(is_active=False)[:2])

    assert "Choose exactly one" in response.content.decode()
    assert active_weights("balanced").revision_id == active


def test_another_network_becomes_the_default_one(filled, admin_client):
    other = Network.objects.create(slug="testnet", name="Testnet")

    act(admin_client, Network, "use_by_default", other)

    assert list(Network.objects.filter(is_default=True)) == [other]


@pytest.mark.parametrize("is_action", [True, False], ids=["from the list", "from its page"])
def test_a_network_goes_with_all_that_belongs_to_it(filled, admin_client, is_action):
    if is_action:
        chosen = {"action": "delete_selected", "_selected_action": [str(filled.network.pk)], "post": "yes"}
        admin_client.post(page(Network), chosen)
    else:
        admin_client.post(page(Network, "delete", filled.network.pk), {"post": "yes"})

    left = (Network, Node, models.Channel, models.Policy, models.NodeMetrics, models.Forward, Recommendation)
    assert [model.__name__ for model in left if model.objects.exists()] == []


def test_how_often_a_connected_node_is_read_is_edited_and_never_where_its_credential_goes(filled, admin_client):
    row = filled.connection
    words = {"implementation": "cln", "refresh_every_min": "30", "graph_every_h": "0", "is_paused": "on"}

    response = admin_client.post(
        page(models.NodeConnection, "change", row.pk), words | {"address": "https://elsewhere:1", "kind": "lnd"}
    )

    row.refresh_from_db()
    assert response.status_code == 302
    assert (row.implementation, row.refresh_every_min, row.graph_every_h, row.is_paused) == ("cln", 30, 0, True)
    assert (row.address, row.kind) == ("", "demo")


def test_connected_nodes_are_read_now_paused_resumed_and_removed_by_action_without_showing_a_secret(
    filled, admin_client, operator
):
    node = Node.objects.filter(network=filled.network).latest("pk")
    row = models.NodeConnection.objects.create(node=node, owner=operator, kind="lnd", credential="sealed-secret")

    for action in ("sync_now", "pause"):
        assert "sealed-secret" not in act(admin_client, models.NodeConnection, action, row, filled.connection).text
    row.refresh_from_db()
    assert (row.state, row.is_paused) == ("waiting", True)
    assert "sealed-secret" not in admin_client.get(page(models.NodeConnection, "change", row.pk)).text
    act(admin_client, models.NodeConnection, "resume", row)
    row.refresh_from_db()
    assert row.is_paused is False
    filled.connection.refresh_from_db()
    assert filled.connection.state == "new"


def test_without_being_staff_nothing_is_shown(filled, client, operator):
    client.force_login(operator)

    assert client.get(page(Recommendation)).status_code == 302


def test_a_closing_that_no_transaction_dates_is_marked_as_estimated(demo, admin_client):
    for scid in ("1x1x1", "2x1x1"):
        models.ClosedChannel.objects.create(
            connection=demo.connection, scid=scid, peer_pubkey="", capacity_sat=1, closed_at=AT, seen_at=AT
        )
    models.ChannelCost.objects.create(
        connection=demo.connection, reference="close:1", at=AT, kind="close", scid="1x1x1", cost_msat=1
    )

    html = admin_client.get(page(models.ClosedChannel)).content.decode()

    assert html.count("about 2026-03-01 12:00 (estimated)") == 1
    assert html.count("2026-03-01 12:00") >= 2
