"""Send the alerts that are due, each once: gathered for a minute, not in quiet hours, tried three times.

An alert is claimed before it is sent, so that two workers never send the same; one that was claimed and of which
nothing was heard (a worker died) is tried again later.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from recommendations.domain.advice import Severity
from recommendations.domain.alert_messages import GATHERED, MOST_TRIES, NOT_ANEW, Told, at_least, may_try
from recommendations.domain.alerts import named
from recommendations.domain.delivery_errors import DeliveryFailed, DeliveryRefused
from recommendations.domain.quiet_hours import QuietHours
from recommendations.models import Alert, AlertChoice
from recommendations.services.deliver import deliver, ways_of

logger = logging.getLogger(__name__)
MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Sent:
    """How many alerts arrived by every way that was chosen, and how many did not."""

    sent: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message by one way; `trouble` is "" when it arrived."""

    way: str
    trouble: str
    is_final: bool = False


def recipients() -> tuple[int, ...]:
    """Return who wants to be sent something, by the ids of their choices; nobody whose account is closed."""
    choices = AlertChoice.objects.exclude(webhook="", email="").filter(owner__is_active=True)
    return tuple(choices.order_by("pk").values_list("pk", flat=True))


def send_due(recipient: int, *, at: datetime) -> Sent:
    """Send one of the recipients what they are to hear of now."""
    choice = AlertChoice.objects.filter(pk=recipient).first()
    claimed = [] if choice is None else _claimed(choice, at=at)
    if choice is None or not claimed:
        return Sent()
    arrived = _send(choice, claimed, at=at)
    return Sent(arrived, len(claimed) - arrived)


def send_test(owner: AbstractBaseUser, *, at: datetime) -> tuple[Outcome, ...]:
    """Send a test by every way this user chose, quiet hours or not; () when none was chosen."""
    choice = AlertChoice.objects.filter(owner_id=owner.pk).first()
    if choice is None:
        return ()
    outcomes = tuple(_attempt(way, choice, (), at=at) for way in ways_of(choice))
    _note_trouble(choice, outcomes, at=at)
    return outcomes


def is_quiet(choice: AlertChoice, *, at: datetime) -> bool:
    """Tell whether this user's quiet hours hold."""
    if choice.quiet_from is None or choice.quiet_until is None:
        return False
    return QuietHours(choice.quiet_from, choice.quiet_until, ZoneInfo(choice.time_zone)).hold(at)


def _claimed(choice: AlertChoice, *, at: datetime) -> list[Alert]:
    """Return the alerts to be sent to this user now, marked as being tried."""
    wanted = at_least(Severity(choice.least_severity))
    if is_quiet(choice, at=at):
        wanted = tuple(one for one in wanted if choice.breaks_quiet and one is Severity.CRITICAL)
    if not wanted:
        return []
    waiting = Alert.objects.filter(
        connection__owner=choice.owner_id, over_at=None, sent_at=None, sending_failures__lt=MOST_TRIES
    )
    with transaction.atomic():
        rows = waiting.filter(severity__in=wanted).select_related("connection__node").order_by("pk")
        locked = list(rows.select_for_update(skip_locked=True, of=("self",)))
        fresh = _not_told(locked)
        due = [row for row in fresh if may_try(failures=row.sending_failures, tried_at=row.tried_at, at=at)]
        if not any(row.tried_at or at - row.opened_at >= GATHERED for row in due):
            return []
        Alert.objects.filter(pk__in=[row.pk for row in due]).update(tried_at=at)
        return due


def _not_told(rows: Sequence[Alert]) -> list[Alert]:
    """Return the alerts without those that only came back within the hour: they count as sent."""
    fresh = []
    for row in rows:
        past = Alert.objects.filter(connection=row.connection_id, key=row.key, sent_at__isnull=False)
        told = past.filter(over_at__gte=row.opened_at - NOT_ANEW).order_by("-over_at").first()
        if told is None:
            fresh.append(row)
        else:
            Alert.objects.filter(pk=row.pk).update(sent_at=told.sent_at, sent_by=told.sent_by)
    return fresh


def _send(choice: AlertChoice, rows: Sequence[Alert], *, at: datetime) -> int:
    """Send the rows by every way by which they did not go out yet; return how many are through."""
    outcomes = []
    for way in ways_of(choice):
        missing = [row for row in rows if way not in row.sent_by]
        if missing:
            outcomes.append(_attempt(way, choice, [_told(row) for row in missing], at=at))
    arrived = {outcome.way for outcome in outcomes if not outcome.trouble}
    for row in rows:
        _note(row, arrived, outcomes, ways=ways_of(choice), at=at)
    fields = ("sent_by", "sent_at", "sending_failures", "message")
    Alert.objects.bulk_update(rows, fields)
    _note_trouble(choice, outcomes, at=at)
    return sum(row.sent_at is not None for row in rows)


def _note(row: Alert, arrived: set[str], outcomes: Sequence[Outcome], *, ways: Iterable[str], at: datetime) -> None:
    row.sent_by = sorted({*row.sent_by, *arrived})
    if set(ways) <= set(row.sent_by):
        row.sent_at, row.message = at, ""
        return
    lacking = [outcome for outcome in outcomes if outcome.trouble and outcome.way not in row.sent_by]
    row.message = _words(lacking)
    row.sending_failures = MOST_TRIES if all(one.is_final for one in lacking) else row.sending_failures + 1


def _attempt(way: str, choice: AlertChoice, alerts: Sequence[Told], *, at: datetime) -> Outcome:
    try:
        deliver(way, choice, alerts, at=at)
    except DeliveryFailed as exc:
        logger.warning("recommendations.alerts.not_sent", extra={"way": way, "code": exc.code})
        return Outcome(way, str(exc), is_final=isinstance(exc, DeliveryRefused))
    return Outcome(way, "")


def _note_trouble(choice: AlertChoice, outcomes: Sequence[Outcome], *, at: datetime) -> None:
    words = _words(outcomes)
    AlertChoice.objects.filter(pk=choice.pk).update(trouble=words, trouble_at=at if words else None)


def _words(outcomes: Sequence[Outcome]) -> str:
    return " ".join(outcome.trouble for outcome in outcomes if outcome.trouble)[:MESSAGE_LENGTH]


def _told(row: Alert) -> Told:
    node = row.connection.node
    return Told(
        number=row.pk,
        node_pubkey=node.pubkey,
        node=named(node.pubkey, node.alias),
        kind=row.kind,
        severity=Severity(row.severity),
        target=row.target,
        title=row.title,
        text=row.text,
        evidence=tuple(row.evidence),
        began_at=row.began_at,
    )
