"""Carry one message to one user: by webhook to a machine that may be reached, by e-mail where mail is set up."""

import json
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlsplit, urlunsplit

import httpx
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.mail import EmailMessage

from rag.domain.errors import AddressRefused, RagError
from rag.sources.addresses import resolved
from recommendations.domain.alert_messages import Told, mail_text, signature, subject, webhook_content
from recommendations.domain.delivery_errors import DeliveryFailed, DeliveryRefused
from recommendations.domain.errors import SealBroken
from recommendations.domain.webhook_address import THIS_MACHINE, checked_webhook, is_this_machine
from recommendations.models import AlertChoice
from recommendations.services.sealing import unseal
from recommendations.sources.webhook import Post, post

WEBHOOK, EMAIL = "webhook", "email"
SIGNATURE_HEADER = "X-Lnrag-Signature"
LOOPBACK = "127.0.0.1"
PRIVATE = "The webhook leads into a private network. Choose one on the internet, or on this machine."
UNKNOWN_NAME = "The webhook's name is not known. See whether its address is right."
BROKEN_SEAL = "The webhook was stored under another CREDENTIAL_KEY. Enter its address again."
NO_MAIL = "No mail server is set up here: the operator sets EMAIL_URL."
MAIL_REFUSED = "The mail server did not take the message. See EMAIL_URL, EMAIL_FROM and the address."


def is_mail_set_up() -> bool:
    """Tell whether e-mail can be sent at all."""
    return bool(settings.EMAIL_HOST)


def ways_of(choice: AlertChoice) -> tuple[str, ...]:
    """Return by which ways this user wants to hear of alerts."""
    return tuple(way for way, is_chosen in ((WEBHOOK, choice.webhook), (EMAIL, choice.email)) if is_chosen)


def deliver(way: str, choice: AlertChoice, alerts: Sequence[Told], *, at: datetime) -> None:
    """Send these alerts by one way; none at all: a test.

    :raises DeliveryFailed: when they did not arrive; DeliveryRefused when trying again is of no use.
    """
    if way == WEBHOOK:
        async_to_sync(_by_webhook)(choice, alerts, at=at)
    else:
        _by_mail(choice.email, alerts)


async def _by_webhook(choice: AlertChoice, alerts: Sequence[Told], *, at: datetime) -> None:
    try:
        address, key = checked_webhook(unseal(choice.webhook)), unseal(choice.webhook_key)
    except SealBroken as exc:
        raise DeliveryRefused(BROKEN_SEAL) from exc
    body = json.dumps(webhook_content(alerts, at=at), ensure_ascii=False).encode()
    headers = {SIGNATURE_HEADER: signature(body, key=key, at=at)} if key else {}
    url, host, server_name = await _machine(address)
    async with httpx.AsyncClient(trust_env=False) as client:  # a proxy would resolve the name anew
        await post(Post(url, host, server_name, body, headers), client=client)


async def _machine(address: str) -> tuple[str, str, str]:
    """Return where to connect to: the address with its machine by number, its Host header, its certificate's name."""
    parts = urlsplit(address)
    if is_this_machine(address):
        name = parts.hostname or ""
        netloc = parts.netloc.replace(THIS_MACHINE, LOOPBACK, 1) if name == THIS_MACHINE else parts.netloc
        return urlunsplit(parts._replace(netloc=netloc)), parts.netloc, name
    try:
        target = await resolved(address, allows_private=False)
    except AddressRefused as exc:
        raise DeliveryRefused(PRIVATE) from exc
    except RagError as exc:
        raise DeliveryFailed(UNKNOWN_NAME) from exc
    return target.url, target.host, target.server_name


def _by_mail(address: str, alerts: Sequence[Told]) -> None:
    if not is_mail_set_up():
        raise DeliveryFailed(NO_MAIL)
    try:
        EmailMessage(subject(alerts), mail_text(alerts), to=[address]).send()
    except (SMTPException, OSError) as exc:
        raise DeliveryFailed(MAIL_REFUSED) from exc
