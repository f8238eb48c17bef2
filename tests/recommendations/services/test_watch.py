"""Watching a connected node: alerts open once, go on, end, and come back; looking twice changes nothing."""

from datetime import timedelta

import pytest

from recommendations.domain.advice import Severity
from recommendations.models import Alert, ClosedChannel, NodeConnection, NodeMetrics, PrivateChannel, Threshold, Watch
from recommendations.services.watch import Looked, watch, watched_connections
from tests.recommendations.services.alerting import connected, scid

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def node(module_demo):
    return connected(module_demo, "watcher")


def of_kind(node, kind: str) -> set[str]:
    return {key for key in node.open_keys() if key.startswith(kind)}


def test_looking_twice_at_the_same_changes_nothing_but_when_it_was_seen(node):
    PrivateChannel.objects.filter(connection=node.connection, scid=scid(0)).update(local_sat=0)
    first = watch(node.connection.pk, at=node.at)
    rows = list(Alert.objects.order_by("pk").values("pk", "key", "title", "evidence", "began_at", "opened_at"))

    second = watch(node.connection.pk, at=node.at + MINUTE)

    assert first.opened >= 1
    assert (second.opened, second.over) == (0, 0)
    assert list(Alert.objects.order_by("pk").values("pk", "key", "title", "evidence", "began_at", "opened_at")) == rows
    assert set(Alert.objects.values_list("seen_at", flat=True)) == {node.at + MINUTE}


def test_a_peer_that_goes_and_comes_back_has_one_alert_with_its_time(node):
    peer = node.peers[0].pubkey
    for minutes, is_active, expected in [
        (0, True, set()),
        (15, False, set()),
        (60, False, set()),
        (75, False, {f"peer_offline:{peer}"}),
        (90, None, {f"peer_offline:{peer}"}),  # a reading that does not say ends nothing
        (105, True, set()),
        (120, False, set()),  # and it begins anew
    ]:
        at = node.at + minutes * MINUTE
        node.read(at, c0=is_active)
        watch(node.connection.pk, at=at)
        assert of_kind(node, "peer_offline") == expected, minutes

    alert = Alert.objects.get(kind="peer_offline")
    assert (alert.began_at, alert.opened_at) == (node.at + 15 * MINUTE, node.at + 75 * MINUTE)
    assert (alert.seen_at, alert.over_at) == (node.at + 75 * MINUTE, node.at + 105 * MINUTE)
    assert (alert.severity, alert.target) == (Severity.HIGH, scid(0))
    assert set(Watch.objects.get(connection=node.connection).away_since) == {peer}


def test_a_silent_node_is_told_once_and_its_peers_are_left_in_peace(node):
    node.read(node.at, c0=False)
    watch(node.connection.pk, at=node.at)
    for times, expected in [(2, 0), (3, 1), (40, 1)]:
        at = node.at + times * 15 * MINUTE
        node.fail(at, times=times)
        watch(node.connection.pk, at=at)
        assert len(of_kind(node, "unreachable")) == expected
        assert of_kind(node, "peer_offline") == set()
        assert of_kind(node, "stale") == set()  # ten hours old by now, and the reason is told

    at = node.at + 11 * HOUR
    node.read(at)
    watch(node.connection.pk, at=at)

    assert of_kind(node, "unreachable") == set()
    assert Alert.objects.get(kind="unreachable").began_at == node.at


def test_a_node_that_was_paused_is_neither_silent_nor_stale(node):
    node.fail(node.at, times=9)
    watch(node.connection.pk, at=node.at)
    assert of_kind(node, "unreachable")

    NodeConnection.objects.filter(pk=node.connection.pk).update(is_paused=True)
    watch(node.connection.pk, at=node.at + timedelta(days=30))

    assert of_kind(node, "unreachable") | of_kind(node, "stale") == set()


def test_a_force_close_is_an_alert_and_a_cooperative_one_is_none(node):
    for number, closed_by in enumerate(("remote_force", "cooperative", "breach")):
        ClosedChannel.objects.create(
            connection=node.connection,
            scid=scid(50 + number),
            peer_pubkey=node.peers[0].pubkey,
            capacity_sat=2_000_000,
            closed_by=closed_by,
            closed_at=node.at - HOUR,
            seen_at=node.at,
        )

    watch(node.connection.pk, at=node.at)
    assert of_kind(node, "force_close") == {f"force_close:{scid(50)}", f"force_close:{scid(52)}"}

    watch(node.connection.pk, at=node.at + timedelta(days=8))
    assert of_kind(node, "force_close") == set()


def test_a_threshold_row_acts_on_the_next_look(node):
    PrivateChannel.objects.filter(connection=node.connection, scid=scid(0)).update(local_sat=90_000)
    watch(node.connection.pk, at=node.at)
    assert of_kind(node, "depleted") == set()

    Threshold.objects.create(rule="alerts", name="depleted_below", value=0.1)
    watch(node.connection.pk, at=node.at)

    assert of_kind(node, "depleted") == {f"depleted:{scid(0)}:local"}


def test_a_critical_finding_of_the_rules_is_an_alert_until_it_is_gone(node):
    NodeConnection.objects.filter(pk=node.connection.pk).update(uptime_ratio=0.5, monitored_days=60)
    watch(node.connection.pk, at=node.at)

    alert = Alert.objects.get(kind="critical_finding", key__contains="uptime")
    assert (alert.severity, alert.target) == (Severity.CRITICAL, node.connection.node.pubkey)
    assert any(fact["value"] == 0.5 for fact in alert.evidence)

    NodeConnection.objects.filter(pk=node.connection.pk).update(uptime_ratio=0.999)
    watch(node.connection.pk, at=node.at + HOUR)
    alert.refresh_from_db()
    assert alert.over_at == node.at + HOUR


def test_a_node_in_no_graph_is_watched_too(node):
    NodeMetrics.objects.filter(node=node.connection.node).delete()
    PrivateChannel.objects.filter(connection=node.connection, scid=scid(0)).update(local_sat=0)

    watch(node.connection.pk, at=node.at)

    assert of_kind(node, "depleted")


def test_the_demo_and_what_is_gone_are_not_watched(node, module_demo):
    assert watch(module_demo.connection.pk, at=node.at) == Looked()
    assert watch(10**9, at=node.at) == Looked()
    assert watched_connections() == (node.connection.pk,)
    assert not Watch.objects.exists()


def test_alerts_that_have_long_been_over_are_forgotten(node):
    for number, days in enumerate((179, 181)):
        moment = node.at - timedelta(days=days)
        words = {"kind": "stale", "severity": "low", "target": "x", "title": "Old", "text": "", "over_at": moment}
        Alert.objects.create(
            connection=node.connection, key=f"k{number}", began_at=moment, opened_at=moment, seen_at=moment, **words
        )

    watch(node.connection.pk, at=node.at)

    assert set(Alert.objects.filter(title="Old").values_list("key", flat=True)) == {"k0"}


def test_a_strangers_alias_reaches_no_title(node):
    PrivateChannel.objects.filter(connection=node.connection).update(peer_alias="<b>https://evil.com</b>\r\nBcc: x")
    for minutes in (0, 61):
        node.read(node.at + minutes * MINUTE, c0=False)
        watch(node.connection.pk, at=node.at + minutes * MINUTE)

    title = Alert.objects.get(kind="peer_offline").title
    assert title.startswith("Peer is offline: b https evil com b Bcc x (")
    assert not set("<>:/\r\n@") & set(title.removeprefix("Peer is offline: "))
