"""Read connected nodes now, here, and show how far it is."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.queries.connections import ConnectedNode, holdings, live_nodes
from recommendations.services.sync_node import Watcher, run_slice

NONE = "No connected node fits. Connect one on the page My nodes first."
FAILED = "{} of {} nodes could not be read."


class Command(BaseCommand):
    help = (
        "Read connected nodes now: channels, history, costs and, when due, the network's graph. "
        "Exit code 1 when a node could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", help="The node's key or its beginning. Default: --all.")
        parser.add_argument("--all", action="store_true", help="Read every connected node.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON array, at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        key = (options["key"] or "").lower()
        if bool(key) == options["all"]:
            raise CommandError("Name a node by its key, or give --all.")
        nodes = live_nodes(pubkey=key, at=timezone.now())
        for node in nodes:
            run_slice(node.key, at=timezone.now(), slice_s=None, watcher=self._teller(node, is_quiet=options["json"]))
        keys = {node.key for node in nodes}
        read = [node for node in live_nodes(pubkey=key, at=timezone.now()) if node.key in keys]
        self.stdout.write(json.dumps(list(map(_report, read))) if options["json"] else "\n".join(map(_words, read)))
        failed = sum(bool(node.trouble) for node in read)
        if failed or not read:
            raise CommandError(FAILED.format(failed, len(read)) if read else NONE)

    def _teller(self, node: ConnectedNode, *, is_quiet: bool) -> Watcher:
        def tell(percent: int, step: str) -> None:
            if not is_quiet:
                self.stdout.write(f"{_name(node)}: {percent:3d} % {step}")

        return tell


def _report(node: ConnectedNode) -> dict[str, Any]:
    return {
        "pubkey": node.pubkey,
        "kind": node.kind,
        "ok": not node.trouble,
        "state": node.state,
        "message": node.trouble,
        "measured_at": node.measured_at.isoformat() if node.measured_at else None,
        **asdict(holdings(node.key)),
    }


def _words(node: ConnectedNode) -> str:
    return f"{_name(node)}: {node.state_words}. {node.trouble}".rstrip()


def _name(node: ConnectedNode) -> str:
    return node.alias or node.pubkey[:12]
