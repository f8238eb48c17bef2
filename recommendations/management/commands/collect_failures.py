"""Listen to connected LND nodes for failed forwards, until asked to stop."""

import asyncio
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from recommendations.services.collect_failures import collect_failures

LOCK = 0x6661696C  # "fail": two listeners would keep every failure twice
SIGNALS = (signal.SIGINT, signal.SIGTERM)
LOOK_AGAIN_S = 15.0


class Command(BaseCommand):
    help = (
        "Listen to every connected LND node for failed forwards, which it tells only while somebody listens. "
        "Runs until it is stopped (Ctrl-C or SIGTERM). Core Lightning needs none: its history holds failures. "
        "`manage.py start` runs one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="While another one listens, wait until it has ended.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not _is_ours():
            if not options["wait"]:
                raise CommandError("Another collect_failures is running already, perhaps that of `manage.py start`.")
            if not _waited():
                return
        self.stdout.write("Listening for failed forwards. Stop with Ctrl-C.")
        asyncio.run(_until_stopped())


def _is_ours() -> bool:
    """Take the lock, which is this session's and ends with it; return whether nobody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _waited() -> bool:
    """Return once the lock is ours, or False when asked to stop before."""
    stop = threading.Event()
    for number in SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(LOOK_AGAIN_S):
        if _is_ours():
            return True
    return False


async def _until_stopped() -> None:
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await collect_failures(stop)
