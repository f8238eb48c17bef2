"""What of alerts leaves the machine: which are due, and their words for a mail and for a webhook. Pure.

Nothing in them is anybody's but ours: peers are named by `named`, whose words neither link nor mention.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from recommendations.domain.advice import Severity

GATHERED = timedelta(minutes=1)  # alerts of one minute go out together
MOST_TRIES = 3
WAITS = (timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=30))  # after no report, one failure, two
NOT_ANEW = timedelta(hours=1)  # one that comes back sooner was told already
SEVERITIES = tuple(Severity)  # the gravest first
SHOWN_IN_MAIL = 20
TEST_TITLE = "This is a test. Alerts of your nodes will arrive here."


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as it leaves the machine. `node` is the node's name for people."""

    number: int
    node_pubkey: str
    node: str
    kind: str
    severity: Severity
    target: str
    title: str
    text: str
    evidence: tuple[dict[str, Any], ...]
    began_at: datetime


def at_least(severity: Severity) -> tuple[Severity, ...]:
    """Return this severity and all graver ones."""
    return SEVERITIES[: SEVERITIES.index(severity) + 1]


def may_try(*, failures: int, tried_at: datetime | None, at: datetime) -> bool:
    """Tell whether an alert may be sent now: waits grow, and after the third failure nobody tries again."""
    if failures >= MOST_TRIES:
        return False
    return tried_at is None or at - tried_at >= WAITS[failures]


def subject(alerts: Sequence[Told]) -> str:
    """Return the subject of a mail; no stranger's word stands in it."""
    if not alerts:
        return "lnrag: a test"
    gravest = min((alert.severity for alert in alerts), key=SEVERITIES.index)
    return f"lnrag: {len(alerts)} alert{'s' if len(alerts) > 1 else ''}, {gravest.value}"


def mail_text(alerts: Sequence[Told]) -> str:
    """Return a mail's text; of many alerts the gravest."""
    if not alerts:
        return TEST_TITLE + "\n"
    ordered = sorted(alerts, key=lambda alert: (SEVERITIES.index(alert.severity), alert.number))
    parts = [_paragraph(alert) for alert in ordered[:SHOWN_IN_MAIL]]
    left = len(ordered) - SHOWN_IN_MAIL
    if left > 0:
        parts.append(f"{left} more stand in lnrag.")
    parts.append("See them in lnrag under Recommendations, Alerts. There you also choose what is sent, and when.")
    return "\n\n".join(parts) + "\n"


def webhook_content(alerts: Sequence[Told], *, at: datetime) -> dict[str, Any]:
    """Return what a webhook is sent: JSON-safe; `text` alone is what chats show."""
    titles = [f"{alert.severity.value}: {alert.title} (node {alert.node})" for alert in alerts]
    return {
        "version": 1,
        "kind": "alerts" if alerts else "test",
        "sent_at": at.isoformat(),
        "text": "\n".join(titles) or TEST_TITLE,
        "alerts": [_content(alert) for alert in alerts],
    }


def signature(body: bytes, *, key: str, at: datetime) -> str:
    """Return the header that proves who sent a body, and when: `t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>`."""
    seconds = int(at.timestamp())
    signed = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def _paragraph(alert: Told) -> str:
    since = f"{alert.began_at:%Y-%m-%d %H:%M} UTC"
    return f"{alert.severity.value.upper()}: {alert.title}\nNode {alert.node}, since {since}\n{alert.text}"


def _content(alert: Told) -> dict[str, Any]:
    return {
        "id": alert.number,
        "kind": alert.kind,
        "severity": alert.severity.value,
        "title": alert.title,
        "text": alert.text,
        "node": {"pubkey": alert.node_pubkey, "name": alert.node},
        "target": alert.target,
        "began_at": alert.began_at.isoformat(),
        "evidence": list(alert.evidence),
    }
