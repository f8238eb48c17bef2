"""Ask the optional services now: refresh what they say of nodes, or check what works and what is missing."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.domain.enrichment import Checked, Service
from recommendations.domain.units import normalize_node_key
from recommendations.queries.enrichment import nodes_of_interest, service_states
from recommendations.services.enrich import check, refresh

MOST_NODES = 30


class Command(BaseCommand):
    help = (
        "Ask mempool, Sparkseer and LNbits, where an administrator switched them on, for connected and viewed nodes. "
        "With --check: try each thing they can tell, switched on or not. Exit status 1 when something needed fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--service", choices=[service.value for service in Service], help="Default: each of them.")
        parser.add_argument("--node", default="", help="The key of one node. Default: connected and viewed ones.")
        parser.add_argument("--check", action="store_true", help="Keep nothing; say what works.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        services = (Service(options["service"]),) if options["service"] else tuple(Service)
        pubkey = _key(options["node"])
        if options["check"]:
            self._check(services, pubkey, is_json=options["json"])
        else:
            self._refresh(services, pubkey, is_json=options["json"])

    def _check(self, services: tuple[Service, ...], pubkey: str, *, is_json: bool) -> None:
        now = timezone.now()
        told = {service.value: async_to_sync(check)(service, pubkey=pubkey, at=now) for service in services}
        if is_json:
            self.stdout.write(json.dumps({slug: [asdict(part) for part in parts] for slug, parts in told.items()}))
        else:
            for slug, parts in told.items():
                self.stdout.write(f"{slug}:" if parts else f"{slug}: no such row; run manage.py load_defaults.")
                self.stdout.writelines(_line(part) for part in parts)
        if any(part.is_needed and not part.is_there for parts in told.values() for part in parts):
            raise CommandError("Something needed does not work.", returncode=1)

    def _refresh(self, services: tuple[Service, ...], pubkey: str, *, is_json: bool) -> None:
        now = timezone.now()
        pubkeys = (pubkey,) if pubkey else nodes_of_interest(at=now, limit=MOST_NODES)
        report = async_to_sync(refresh)(pubkeys, at=now, services=services)
        on = {state.slug: state for state in service_states() if state.is_enabled and state.slug in services}
        if is_json:
            said = {slug: state.message for slug, state in on.items()}
            self.stdout.write(json.dumps({**asdict(report), "nodes": len(pubkeys), "services": said}))
        else:
            self.stdout.write(f"{report.kept} readings kept, {report.unknown} unknown there, {report.failed} failed.")
            self.stdout.writelines(f"{state.name}: {state.message}\n" for state in on.values() if state.message)
        if not on:
            raise CommandError(
                "None of these services is switched on. Switch it on in the admin, under Optional services."
            )


def _key(text: str) -> str:
    key = normalize_node_key(text) if text else ""
    if key is None:
        raise CommandError("--node: expected a node key: 66 hexadecimal digits that start with 02 or 03.")
    return key


def _line(part: Checked) -> str:
    mark = "ok     " if part.is_there else "missing" if part.is_needed else "without"
    return f"  {mark} {part.name}: {part.words}\n"
