"""The jobs of alerts: what is broken for one node or one user keeps nobody else from being watched and told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations.models import Alert, AlertChoice, Watch
from recommendations.services.choose_alerts import Wanted, choose
from recommendations.tasks import send_alerts, watch_nodes
from tests.recommendations.services.alerting import connected
from tests.servers.receivers import WebhookServer

pytestmark = pytest.mark.django_db


def test_a_node_that_cannot_be_watched_leaves_the_others_watched(module_demo):
    broken, sound = (connected(module_demo, name, channels=1) for name in ("broken", "sound"))
    Watch.objects.create(connection=broken.connection, at=module_demo.at, away_since={"02": "no time"})

    assert watch_nodes() == 1

    assert Watch.objects.filter(connection=sound.connection).exists()
    assert watch_nodes(_anything_later=1) == 1


def test_a_choice_that_cannot_be_read_leaves_the_others_told(module_demo):
    now = timezone.now() - timedelta(minutes=5)
    with WebhookServer() as webhook:
        for name in ("broken", "sound"):
            node = connected(module_demo, name, channels=1)
            choose(node.owner, Wanted(webhook=webhook.address))
            words = {"kind": "stale", "severity": "high", "target": "x", "title": name, "text": ""}
            Alert.objects.create(connection=node.connection, key="k", began_at=now, opened_at=now, seen_at=now, **words)
        AlertChoice.objects.filter(owner__username="broken").update(
            time_zone="Nowhere/At-All", quiet_from="01:00", quiet_until="02:00"
        )

        assert send_alerts() == 1

    assert b"sound" in webhook.received[0].body
