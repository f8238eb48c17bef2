"""Keep how one user wants to hear of alerts, and what they have read. Addresses of webhooks and keys are sealed."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from recommendations.domain.advice import Severity
from recommendations.domain.errors import AlertNotFound, SealBroken
from recommendations.domain.webhook_address import checked_webhook, shown
from recommendations.models import AlertChoice
from recommendations.queries.alerts import alerts_of
from recommendations.services.sealing import seal, unseal

KEY_BYTES = 32
UNREADABLE = "(stored under another key; enter it again)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user chose. `webhook` None: as it is; "": none any more."""

    email: str = ""
    webhook: str | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"
    least_severity: Severity = Severity.HIGH
    breaks_quiet: bool = False


def choice_of(owner: AbstractBaseUser) -> AlertChoice:
    """Return what this user chose; unsaved and with first values when they chose nothing yet."""
    return AlertChoice.objects.filter(owner_id=owner.pk).first() or AlertChoice(owner_id=owner.pk)


def webhook_shown(choice: AlertChoice) -> str:
    """Return as much of the webhook's address as may be shown, "" when there is none."""
    if not choice.webhook:
        return ""
    try:
        return shown(unseal(choice.webhook))
    except SealBroken:
        return UNREADABLE


def choose(owner: AbstractBaseUser, wanted: Wanted) -> str | None:
    """Keep the choice; return the key that signs a new webhook's messages, which is not shown again.

    :raises DeliveryRefused: when no webhook may stand at that address; nothing is kept then.
    """
    choice, key = choice_of(owner), None
    if wanted.webhook == "":
        choice.webhook = choice.webhook_key = ""
    elif wanted.webhook is not None:
        key = secrets.token_urlsafe(KEY_BYTES)
        choice.webhook, choice.webhook_key = seal(checked_webhook(wanted.webhook)), seal(key)
    choice.email, choice.time_zone = wanted.email, wanted.time_zone
    choice.quiet_from, choice.quiet_until = wanted.quiet_from, wanted.quiet_until
    choice.least_severity, choice.breaks_quiet = wanted.least_severity.value, wanted.breaks_quiet
    choice.trouble, choice.trouble_at = "", None
    choice.save()
    return key


def mark_read(user: AbstractBaseUser | AnonymousUser, *, key: int | None = None, at: datetime) -> int:
    """Mark one alert of this user, or all of them, as read; return how many were not.

    :raises AlertNotFound: when there is no such alert, or it is somebody else's.
    """
    rows = alerts_of(user) if key is None else alerts_of(user).filter(pk=key)
    if key is not None and not rows.exists():
        raise AlertNotFound(key)
    return rows.filter(read_at=None).update(read_at=at)
