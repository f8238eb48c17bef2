"""Listen to connected LND nodes for failed forwards, until asked to stop."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from recommendations.services.collect_failures import collect_failures

LOCK = 0x6661696C  # "fail": two listeners would keep every failure twice


class Command(BaseCommand):
    help = (
        "Listen to every connected LND node for failed forwards, which it tells only while somebody listens. "
        "Runs until it is stopped (Ctrl-C or SIGTERM). Core Lightning needs none: its history holds failures."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:  # the lock is this session's, and ends with it
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise CommandError("Another collect_failures is running already.")
        self.stdout.write("Listening for failed forwards. Stop with Ctrl-C.")
        asyncio.run(_until_stopped())


async def _until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await collect_failures(stop)
