"""Receivers of what leaves the machine: a webhook and a mail server, on real sockets, that remember everything."""

from tests.servers.receivers.mail import MailServer
from tests.servers.receivers.webhook import Received, WebhookServer

__all__ = ["MailServer", "Received", "WebhookServer"]
