"""The pages of alerts: one's own only, read marks, what is sent where, and nothing secret or runnable in them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.models import Alert, AlertChoice, Node, NodeConnection
from recommendations.services.sealing import unseal
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.servers.receivers import WebhookServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FIELDS = {"least_severity": "high", "time_zone": "UTC"}
LIST, SETTINGS = reverse("recommendations:alerts"), reverse("recommendations:alert_settings")


@pytest.fixture
def signed_in(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def alerts(module_demo, operator):
    """Three alerts of a node of the operator's own, one of them over, and one of somebody else's node."""
    own = NodeConnection.objects.create(node=module_demo.node, owner=operator, kind="lnd")
    other = NodeConnection.objects.create(node=module_demo.node, owner=None, kind="files")
    now = timezone.now()
    return [
        alert(own, "peer_offline:02", now - HOUR, title="Peer is offline: bob", target="1x1x1"),
        alert(own, "unreachable:02", now, severity="critical", title="Your node does not answer"),
        alert(own, "depleted:1x1x1", now - 9 * HOUR, over_at=now - 6 * HOUR, title="Channel 1x1x1 is empty"),
        alert(other, "stale:02", now, title="Somebody else's"),
    ]


def alert(of, key, at, **words):
    first = {"severity": "high", "target": of.node.pubkey, "text": "Do this next.", "kind": key.split(":")[0]}
    return Alert.objects.create(
        **{"connection": of, "key": key, "began_at": at, "opened_at": at, "seen_at": at, **first, **words}
    )


def page(client, url=LIST, **params):
    response = client.get(url, params)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", ["alerts", "alert_settings"])
def test_alerts_are_only_for_who_is_signed_in(client, name):
    assert client.get(reverse(f"recommendations:{name}")).status_code == 302


def test_open_alerts_stand_by_gravity_and_those_that_are_over_say_how_long_they_lasted(signed_in, alerts):
    opened, every = page(signed_in), page(signed_in, show="all")

    assert opened.index("Your node does not answer") < opened.index("Peer is offline: bob")
    assert "Channel 1x1x1 is empty" not in opened
    assert every.index("Peer is offline: bob") < every.index("Channel 1x1x1 is empty")
    assert "3\xa0hours" in every
    assert "Somebody else" not in every
    assert "?q=1x1x1#channels" in opened


def test_the_navigation_counts_what_is_unread_until_it_is_read(signed_in, alerts, operator):
    assert "Alerts, 3 unread" in page(signed_in, reverse("status"))

    signed_in.post(reverse("recommendations:read_alert", args=[alerts[0].pk]))
    assert "Alerts, 2 unread" in page(signed_in, reverse("status"))
    assert "2 unread" in page(signed_in, reverse("recommendations:inbox"))

    signed_in.post(reverse("recommendations:read_alerts"))
    assert "unread" not in page(signed_in, reverse("status"))
    assert Alert.objects.get(pk=alerts[3].pk).read_at is None


def test_another_ones_alert_cannot_be_marked(signed_in, alerts):
    assert signed_in.post(reverse("recommendations:read_alert", args=[alerts[3].pk])).status_code == 404
    assert signed_in.get(reverse("recommendations:read_alert", args=[alerts[0].pk])).status_code == 405


def test_without_alerts_the_page_says_what_is_watched(signed_in):
    assert "No alert yet." in page(signed_in)


def test_an_alert_that_could_not_be_sent_says_why(signed_in, alerts):
    Alert.objects.filter(pk=alerts[0].pk).update(sending_failures=3, message="The webhook answered with status 503.")

    html = page(signed_in)

    assert "Not delivered." in html
    assert "status 503" in html


def test_the_list_costs_no_more_queries_with_more_alerts(signed_in, alerts, django_assert_num_queries):
    page(signed_in)
    with CaptureQueriesContext(connection) as few:
        page(signed_in, show="all")
    for number in range(20):
        alert(alerts[0].connection, f"stale:{number}", timezone.now(), title="Stale")

    with django_assert_num_queries(len(few)):
        page(signed_in, show="all")
    assert len(few) <= 8


@pytest.mark.parametrize("words", HOSTILE_ALIASES)
def test_strangers_words_are_text(signed_in, alerts, words):
    Node.objects.update(alias=words)
    Alert.objects.update(title=words, text=words, evidence=[{"label": words, "value": words, "unit": "", "id": "a"}])

    html = page(signed_in, show="all")

    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert blocked_by_policy(html) == []


def test_a_webhook_is_sealed_and_its_key_shown_once(signed_in, operator):
    address = "https://hooks.example.org/services/sesame"
    first = signed_in.post(SETTINGS, {**FIELDS, "webhook": address})

    choice = AlertChoice.objects.get(owner=operator)
    key = unseal(choice.webhook_key)
    later = page(signed_in, SETTINGS)
    assert (first.status_code, unseal(choice.webhook)) == (200, address)
    assert "no-store" in first.headers["Cache-Control"]
    assert key in first.content.decode()
    assert key not in later
    assert "sesame" not in later + choice.webhook + first.content.decode()
    assert "https://hooks.example.org/…" in later


def test_a_choice_keeps_the_webhook_unless_it_is_to_be_forgotten(signed_in, operator):
    signed_in.post(SETTINGS, {**FIELDS, "webhook": "https://hooks.example.org/a"})

    night = {"quiet_from": "22:00", "quiet_until": "07:30", "time_zone": "Europe/Paris", "breaks_quiet": "on"}
    signed_in.post(SETTINGS, {**FIELDS, **night, "email": "ops@example.org"})
    kept = AlertChoice.objects.get(owner=operator)
    assert unseal(kept.webhook) == "https://hooks.example.org/a"
    assert (kept.email, f"{kept.quiet_until:%H:%M}", kept.breaks_quiet) == ("ops@example.org", "07:30", True)
    assert 'value="22:00"' in page(signed_in, SETTINGS)

    signed_in.post(SETTINGS, {**FIELDS, "forget_webhook": "on"})
    kept.refresh_from_db()
    assert (kept.webhook, kept.webhook_key, kept.quiet_from) == ("", "", None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"webhook": "http://example.org/hook"}, "has to begin with https://"),
        ({"webhook": "https://user:secret@example.org/"}, "Leave the name and password out"),
        ({"quiet_from": "22:00"}, "both ends"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "would never end"),
        ({"time_zone": "Mars/Olympus"}, "not one of the available choices"),
        ({"least_severity": "loud"}, "not one of the available choices"),
        ({"email": "nobody"}, "valid email"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_the_reason_and_nothing_is_kept(signed_in, wrong, words):
    response = signed_in.post(SETTINGS, {**FIELDS, **wrong})

    assert response.status_code == 400
    assert words in response.content.decode()
    assert not AlertChoice.objects.exists()


def test_a_test_message_goes_out_at_once_and_its_outcome_is_said(signed_in):
    nothing = signed_in.post(reverse("recommendations:test_alerts"), follow=True).content.decode()
    assert "Nothing is chosen yet" in nothing

    with WebhookServer() as webhook:
        signed_in.post(SETTINGS, {**FIELDS, "webhook": webhook.address})
        good = signed_in.post(reverse("recommendations:test_alerts"), follow=True).content.decode()
        webhook.answer(status=500)
        bad = signed_in.post(reverse("recommendations:test_alerts"), follow=True).content.decode()

    assert "The test was taken by the webhook." in good
    assert "did not arrive by the webhook" in bad
    assert "The latest message did not arrive" in bad


def test_without_a_mail_server_the_page_says_so(signed_in, settings):
    settings.EMAIL_HOST = ""
    assert "No mail server is set up here" in page(signed_in, SETTINGS)

    settings.EMAIL_HOST = "mail.example.org"
    assert "No mail server" not in page(signed_in, SETTINGS)
