"""Bring up everything and serve until Ctrl-C: database, tables, rows, knowledge, a network, and the programs beside."""

import errno
import http.client
import logging
import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from lnrag_site import links, ports, postgres, processes, starting
from lnrag_site.logging import write_to
from lnrag_site.progress import Progress
from models_registry.services import hardware

logger = logging.getLogger(__name__)
LONGEST_BOOT_S = 90.0
LOOK_EVERY_S = 5.0  # for a node that wants a listener


class StartFailed(Exception):
    """lnrag cannot serve. The message is for the operator."""


class Command(BaseCommand):
    help = "Bring up everything lnrag needs and serve it on 127.0.0.1 until Ctrl-C."
    requires_system_checks: list[str] = []  # run after the migrations, for some of them read rows

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", help="Default: PORT, or 8000.")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(Console())
        try:
            processes.raise_on_signals()
            port = ports.read_port(options["port"] or os.environ.get("PORT") or str(ports.DEFAULT_PORT))
            ports.require_free(port)
            log = starting.open_log()
            write_to(log)
            _serve(progress, port=port, log=log)
        except processes.Stopped:
            progress.say("Stopped. Everything is saved.")
        except (ports.PortUnusable, postgres.DatabaseUnavailable, processes.ChildLost, StartFailed) as exc:
            progress.fail(str(exc))
            sys.exit(1)


def _serve(progress: Progress, *, port: int, log: Path) -> None:
    web, queue, listener = starting.children(port=port)
    hardware.measure_in_background()
    try:
        _take(starting.foundations(), progress, log=log)
        if starting.is_furnished():  # boots while we look the contents over
            web.start()
        _take(starting.contents(), progress, log=log)
        for warning in starting.warnings():
            progress.say(f"  Please look: {warning}", style="yellow")
        progress.say(f"  {starting.note_profile()}")
        with progress.step("Starting the web server and the job queue"):
            _start_all(web, queue, port=port)
        _greet(progress, port=port, log=log)
        _watch((web, queue, listener), progress, listener=listener)
    finally:
        with processes.undisturbed():
            _stop_all((web, queue, listener))


def _stop_all(children: tuple[processes.Child, ...]) -> None:
    """Stop them all, the web server first, so that no new job arrives; the database last."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()
    postgres.detach(settings.VAR_DIR)


def _start_all(web: processes.Child, queue: processes.Child, *, port: int) -> None:
    (settings.VAR_DIR / ports.PORT_FILE).write_text(str(port), encoding="ascii")
    if not web.is_started:
        web.start()
    deadline = time.monotonic() + LONGEST_BOOT_S
    while not _is_ready(port):
        processes.watch((web,))
        if time.monotonic() > deadline:
            raise StartFailed(f"The web server did not get ready. See {settings.VAR_DIR / starting.LOG_NAME}.")
        time.sleep(0.1)
    queue.start()


def _take(steps: starting.Steps, progress: Progress, *, log: Path) -> None:
    for title, work in steps:
        processes.heed()
        with progress.step(title):
            _do(title, work, log=log)


def _do(title: str, work: Any, *, log: Path) -> None:
    """Run one step; what nobody expected goes to the log, and one sentence to the operator."""
    try:
        work()
    except postgres.DatabaseUnavailable:
        raise
    except CommandError as exc:  # already a sentence for the operator
        raise StartFailed(str(exc)) from exc
    except Exception as exc:
        logger.exception("Unable to start", extra={"step": title})
        if _is_disk_full(exc):
            raise StartFailed("The disk is full. Free some space, then start again.") from exc
        raise StartFailed(
            f"{title}: failed with {type(exc).__name__}. The details are at the end of {log}. "
            "If the data are damaged, restore a backup, or start over with `make reset`."
        ) from exc


def _is_disk_full(exc: BaseException | None) -> bool:
    while exc is not None:
        if getattr(exc, "errno", None) == errno.ENOSPC or getattr(exc, "sqlstate", None) == "53100":
            return True
        exc = exc.__cause__
    return False


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/ready", headers={"Host": _allowed_host()})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _allowed_host() -> str:
    first = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else ports.HOST
    return ports.HOST if first == "*" else str(first).lstrip(".")


def _greet(progress: Progress, *, port: int, log: Path) -> None:
    progress.say("")
    progress.say(f"lnrag is ready: http://{ports.HOST}:{port}/", style="bold green")
    progress.say(f"Sign in:        {links.sign_in_link(port=port)}")
    minutes = settings.SESAME_MAX_AGE // 60
    progress.say(f"The sign-in link works once and expires in {minutes} minutes; get another with `make link`.")
    progress.say(f"Log: {log}. Stop with Ctrl-C.")


def _watch(children: tuple[processes.Child, ...], progress: Progress, *, listener: processes.Child) -> None:
    """Start again what died, and the listener once there is a node to listen to: until then its memory is saved."""
    is_idle, look_at = True, time.monotonic()
    while True:
        if is_idle and time.monotonic() >= look_at:
            look_at = time.monotonic() + LOOK_EVERY_S
            if starting.has_node_to_listen_to():
                is_idle = False
                listener.start()
        if postgres.revive(settings.VAR_DIR):
            progress.say("The database stopped unexpectedly and was started again.", style="yellow")
        for told in processes.watch(children):
            progress.say(told, style="yellow")
        time.sleep(0.5)
