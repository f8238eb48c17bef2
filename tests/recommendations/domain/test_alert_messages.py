"""The words that leave the machine, what they hold, who can prove them, and how long a failed one waits."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.alert_messages import (
    Told,
    at_least,
    mail_text,
    may_try,
    signature,
    subject,
    webhook_content,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(number: int = 1, severity: Severity = Severity.HIGH, **changes: str) -> Told:
    words = {"title": "Peer is offline: bob (03ab…)", "text": "Reconnect.", "node": "alice (02cd…)", **changes}
    return Told(number, "02cd", words["node"], "peer_offline", severity, "1x1x1", words["title"], words["text"], (), AT)


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        ((), "lnrag: a test"),
        ((told(),), "lnrag: 1 alert, high"),
        ((told(), told(2, Severity.CRITICAL), told(3, Severity.LOW)), "lnrag: 3 alerts, critical"),
    ],
)
def test_a_subject_counts_and_names_the_gravest_but_holds_no_strangers_word(alerts, words):
    assert subject(alerts) == words


def test_a_mail_tells_the_gravest_first_and_counts_what_it_leaves_out():
    many = [told(number, Severity.HIGH) for number in range(30)]

    text = mail_text([*many, told(99, Severity.CRITICAL, title="Your node does not answer")])

    assert text.startswith("CRITICAL: Your node does not answer\nNode alice (02cd…), since 2026-03-02 12:00 UTC")
    assert "11 more stand in lnrag." in text


def test_a_webhook_is_sent_values_and_one_line_per_alert():
    content = webhook_content([told(), told(2, Severity.CRITICAL)], at=AT)

    assert json.loads(json.dumps(content)) == content
    assert content["text"].splitlines()[0] == "high: Peer is offline: bob (03ab…) (node alice (02cd…))"
    assert [one["severity"] for one in content["alerts"]] == ["high", "critical"]
    assert webhook_content([], at=AT)["kind"] == "test"


def test_a_signature_proves_the_body_and_its_time():
    header = signature(b'{"a":1}', key="k", at=AT)

    seconds = int(AT.timestamp())
    expected = hmac.new(b"k", b"%d." % seconds + b'{"a":1}', hashlib.sha256).hexdigest()
    assert header == f"t={seconds},v1={expected}"
    assert signature(b'{"a":2}', key="k", at=AT) != header
    assert signature(b'{"a":1}', key="k2", at=AT) != header


@pytest.mark.parametrize(
    ("failures", "minutes", "may"),
    [
        (0, None, True),
        (0, 4, False),  # claimed, and its worker died
        (0, 5, True),
        (1, 4, False),
        (1, 5, True),
        (2, 29, False),
        (2, 30, True),
        (3, 9_999, False),
    ],
)
def test_waits_between_tries_grow_and_the_third_is_the_last(failures, minutes, may):
    tried_at = None if minutes is None else AT - timedelta(minutes=minutes)

    assert may_try(failures=failures, tried_at=tried_at, at=AT) is may


def test_a_least_severity_holds_all_graver_ones():
    assert at_least(Severity.HIGH) == (Severity.CRITICAL, Severity.HIGH)
    assert len(at_least(Severity.INFO)) == 5
