"""Alerts leave the machine once, together, signed, not in quiet hours; what does not arrive is tried again and said."""

import hashlib
import hmac
import json
import logging
from datetime import datetime, time, timedelta

import pytest

from recommendations.models import Alert, AlertChoice
from recommendations.services import send_alerts
from recommendations.services.choose_alerts import Wanted, choose, webhook_shown
from recommendations.services.deliver import _machine
from recommendations.services.send_alerts import Sent, recipients, send_test
from tests.recommendations.services.alerting import connected
from tests.servers.receivers import MailServer, WebhookServer

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def webhooks():
    with WebhookServer() as server:
        yield server


@pytest.fixture
def webhook(webhooks):
    webhooks.answer()
    return webhooks


@pytest.fixture(scope="module")
def mails():
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(mails, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
    mails.clear()
    return mails


@pytest.fixture
def node(module_demo):
    return connected(module_demo, "hearer", channels=1)


def send_due(*, at: datetime) -> Sent:
    """Send everybody what is due, as the task does."""
    every = [send_alerts.send_due(one, at=at) for one in recipients()]
    return Sent(sum(one.sent for one in every), sum(one.failed for one in every))


def opened(node, key: str, *, at: datetime | None = None, severity: str = "high", **fields) -> Alert:
    moment = at or node.at - 5 * MINUTE
    words = {"title": f"Title of {key}", "text": "What to do.", "kind": "depleted", "target": "1x1x1"}
    return Alert.objects.create(
        **{
            **{"connection": node.connection, "key": key, "severity": severity, **words},
            **{"began_at": moment, "opened_at": moment, "seen_at": moment, **fields},
        }
    )


def told(webhook) -> list[list[str]]:
    return [[one["title"] for one in json.loads(post.body)["alerts"]] for post in webhook.received]


def test_alerts_of_a_minute_go_out_as_one_signed_message_and_only_once(node, webhook):
    key = choose(node.owner, Wanted(webhook=webhook.address))
    opened(node, "a", at=node.at - 61 * MINUTE / 60)
    opened(node, "b", at=node.at - MINUTE / 2, severity="critical")
    opened(node, "c", severity="medium")  # less than wanted

    assert send_due(at=node.at) == Sent(sent=2)
    assert send_due(at=node.at + HOUR) == Sent()

    assert told(webhook) == [["Title of a", "Title of b"]]
    (post,) = webhook.received
    stamp, signed = (part.split("=")[1] for part in post.headers["x-lnrag-signature"].split(","))
    assert key is not None
    assert signed == hmac.new(key.encode(), f"{stamp}.".encode() + post.body, hashlib.sha256).hexdigest()
    assert (post.path, post.headers["content-type"]) == ("/hook?key=sesame", "application/json")
    assert set(Alert.objects.values_list("sent_at", "sending_failures")) == {(node.at, 0), (None, 0)}


def test_an_alert_waits_for_others_of_its_minute_and_one_that_is_over_is_not_sent(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address))
    opened(node, "fresh", at=node.at - MINUTE / 2)
    opened(node, "gone", over_at=node.at)

    assert send_due(at=node.at) == Sent()
    assert send_due(at=node.at + MINUTE) == Sent(sent=1)


def test_an_alert_that_comes_back_within_an_hour_is_not_sent_anew(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address))
    for key, minutes in (("soon", 59), ("later", 61)):
        opened(node, key, at=node.at - 9 * HOUR, sent_at=node.at - 8 * HOUR, over_at=node.at - HOUR - 2 * MINUTE)
        opened(node, key, at=node.at - HOUR + (minutes - 2) * MINUTE)
    send_due(at=node.at + HOUR)

    assert told(webhook) == [["Title of later"]]
    assert not Alert.objects.filter(sent_at=None).exists()


def test_quiet_hours_keep_alerts_back_and_critical_ones_only_if_wanted(node, webhook):
    night = Wanted(webhook=webhook.address, quiet_from=time(11), quiet_until=time(14))  # node.at is 12:00 UTC
    choose(node.owner, night)
    opened(node, "high")
    opened(node, "critical", severity="critical")
    assert send_due(at=node.at) == Sent()

    AlertChoice.objects.update(breaks_quiet=True)
    assert send_due(at=node.at) == Sent(sent=1)
    assert send_due(at=node.at + 2 * HOUR) == Sent(sent=1)

    assert told(webhook) == [["Title of critical"], ["Title of high"]]


def test_quiet_hours_are_read_in_the_users_time_zone(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address, quiet_from=time(13), quiet_until=time(14)))
    assert not send_alerts.is_quiet(AlertChoice.objects.get(), at=node.at)

    AlertChoice.objects.update(time_zone="Europe/Paris")
    assert send_alerts.is_quiet(AlertChoice.objects.get(), at=node.at)


def test_what_does_not_arrive_is_tried_three_times_with_growing_waits_then_says_so(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address))
    row = opened(node, "a")
    webhook.answer(status=503)
    tries = []
    for minute in (0, 1, 4, 5, 6, 20, 34, 35, 36, 65, 120, 6_000):
        if send_due(at=node.at + minute * MINUTE) == Sent(failed=1):
            tries.append(minute)

    row.refresh_from_db()
    assert tries == [0, 5, 35]
    assert (row.sending_failures, row.sent_at) == (3, None)
    assert row.message == "The webhook answered with status 503. See its own log."
    assert AlertChoice.objects.get().trouble == row.message


def test_a_later_try_that_arrives_clears_the_trouble(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address))
    row = opened(node, "a")
    webhook.answer(status=500)
    send_due(at=node.at)
    webhook.answer(status=200)

    assert send_due(at=node.at + 5 * MINUTE) == Sent(sent=1)
    row.refresh_from_db()
    assert (row.message, AlertChoice.objects.get().trouble) == ("", "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 302, "location": "http://169.254.169.254/"}, "redirect, which is not followed"),
        ({"status": 404}, "status 404"),
    ],
)
def test_a_redirect_is_not_followed_and_a_refusal_is_said(node, webhook, answer, words):
    choose(node.owner, Wanted(webhook=webhook.address))
    webhook.answer(**answer)

    (outcome,) = send_test(node.owner, at=node.at)

    assert words in outcome.trouble
    assert len(webhook.received) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.7/hook",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/",
        "https://[fe80::1]/",
        "https://[::ffff:192.168.1.1]/",
        "https://0.0.0.0/",
    ],
)
def test_a_webhook_into_a_private_network_is_never_connected_to_and_not_tried_again(node, address):
    choose(node.owner, Wanted(webhook=address))
    row = opened(node, "a")

    assert send_due(at=node.at) == Sent(failed=1)

    row.refresh_from_db()
    assert "private network" in row.message
    assert row.sending_failures == 3


async def test_this_machine_is_connected_to_by_number():
    machine = await _machine("http://localhost:8099/hook?a=1")

    assert machine == ("http://127.0.0.1:8099/hook?a=1", "localhost:8099", "localhost")


def test_one_way_that_fails_is_tried_alone(node, webhook, mail):
    choose(node.owner, Wanted(webhook=webhook.address, email="ops@example.org"))
    row = opened(node, "a")
    mail.clear(refuses=True)
    assert send_due(at=node.at) == Sent(failed=1)
    mail.clear()

    assert send_due(at=node.at + 5 * MINUTE) == Sent(sent=1)

    row.refresh_from_db()
    assert row.sent_by == ["email", "webhook"]
    assert len(webhook.received) == 1
    assert len(mail.messages) == 1


def test_a_mail_has_a_plain_subject_and_says_what_to_do(node, mail):
    choose(node.owner, Wanted(email="ops@example.org"))
    node.connection.node.alias = "Evil\r\nBcc: victim@example.org <b>https://evil.com</b>"
    node.connection.node.save(update_fields=["alias"])
    opened(node, "a", severity="critical")

    assert send_due(at=node.at) == Sent(sent=1)

    (message,) = mail.messages
    text = message.get_content()
    assert (message["Subject"], message["To"], message["Bcc"]) == ("lnrag: 1 alert, critical", "ops@example.org", None)
    assert mail.receivers == ["ops@example.org"]
    assert "CRITICAL: Title of a" in text
    assert "https://" not in text
    assert "<b>" not in text


def test_without_a_mail_server_the_alert_says_so(node, settings):
    settings.EMAIL_HOST = ""
    choose(node.owner, Wanted(email="ops@example.org"))
    row = opened(node, "a")

    assert send_due(at=node.at) == Sent(failed=1)

    row.refresh_from_db()
    assert "EMAIL_URL" in row.message


def test_an_alert_claimed_by_a_worker_that_died_is_tried_again_later(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address))
    opened(node, "a", tried_at=node.at - 4 * MINUTE)

    assert send_due(at=node.at) == Sent()
    assert send_due(at=node.at + MINUTE) == Sent(sent=1)


def test_nobody_hears_of_another_ones_node(node, webhook, django_user_model):
    stranger = django_user_model.objects.create_user("stranger")
    choose(stranger, Wanted(webhook=webhook.address))
    opened(node, "a")

    assert send_due(at=node.at) == Sent()
    assert send_test(node.owner, at=node.at) == ()
    django_user_model.objects.update(is_active=False)
    assert recipients() == ()
    assert webhook.received == []


def test_addresses_and_keys_stand_nowhere_in_clear(node, webhook, caplog):
    key = choose(node.owner, Wanted(webhook=webhook.address))
    webhook.answer(status=500)
    row = opened(node, "a")
    with caplog.at_level(logging.DEBUG):
        send_due(at=node.at)

    choice = AlertChoice.objects.get()
    row.refresh_from_db()
    stored = f"{choice.webhook} {choice.webhook_key} {choice.trouble} {row.message} {webhook_shown(choice)}"
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("recommendations"))
    assert key is not None
    for secret in ("sesame", key):
        assert secret not in stored
        assert secret not in ours
    assert [record for record in caplog.records if "sesame" in record.getMessage()] == []
    assert webhook_shown(choice).startswith("http://127.0.0.1:")


def test_a_seal_of_another_key_asks_for_the_address_again(node, webhook, settings):
    choose(node.owner, Wanted(webhook=webhook.address))
    settings.CREDENTIAL_KEY = "another"

    (outcome,) = send_test(node.owner, at=node.at)

    assert "Enter its address again" in outcome.trouble
    assert "enter it again" in webhook_shown(AlertChoice.objects.get())


def test_a_test_is_sent_in_quiet_hours_too(node, webhook):
    choose(node.owner, Wanted(webhook=webhook.address, quiet_from=time(0), quiet_until=time(23, 59)))

    (outcome,) = send_test(node.owner, at=node.at)

    assert outcome.trouble == ""
    assert json.loads(webhook.received[0].body)["kind"] == "test"
