"""Bring a profile's models onto an Ollama host: `manage.py setup_models auto`. A second run downloads nothing."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from models_registry.domain.errors import ModelError
from models_registry.domain.hardware import ShippedModel
from models_registry.management.terminal import DownloadBars
from models_registry.services import set_up

NO_HOST = "Install Ollama and start it (`ollama serve`), or name another host with --host. See /help/first-steps/."


class Command(BaseCommand):
    help = "Download what a profile needs: minimal, recommended or full, or auto for what suits this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("profile", choices=set_up.PROFILES, help="`gateway`: the small models of the gateway.")
        parser.add_argument("--host", metavar="SLUG", help="Which Ollama host. Default: the first enabled one.")
        parser.add_argument("--optional", action="store_true", help="Also what the profile calls optional.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would be downloaded, and stop.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object as the last line.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            plan = set_up.plan(options["profile"], slug=options["host"], with_optional=options["optional"], at=now)
        except ModelError as exc:
            raise CommandError(f"{exc} {NO_HOST}") from exc
        if not options["json"]:
            self.stdout.write(_overview(plan))
        is_quiet = options["json"] or options["verbosity"] == 0
        pulled = () if options["dry_run"] else self._download(plan, is_quiet=is_quiet)
        main = None if options["dry_run"] else self._warm(plan)
        self.stdout.write(_json(plan, pulled, main) if options["json"] else _result(plan, pulled, main, **options))

    def _download(self, plan: set_up.SetUpPlan, *, is_quiet: bool) -> tuple[str, ...]:
        pulled = []
        with DownloadBars(is_silent=is_quiet) as bars:
            for model, row in set_up.download(plan, at=timezone.now(), watcher=bars):
                if row.state != row.State.DONE:
                    raise CommandError(f"{model.tag}: {row.status or row.state} Run the command again to go on.")
                pulled.append(model.tag)
        return tuple(pulled)

    def _warm(self, plan: set_up.SetUpPlan) -> str | None:
        """Load the main model; a host that cannot right now is no reason to fail after the downloads."""
        try:
            return set_up.warm_main(plan)
        except ModelError as exc:
            self.stderr.write(f"The main model was not loaded: {exc} It loads with the first question.")
            return None


def _overview(plan: set_up.SetUpPlan) -> str:
    lines = [f"Profile {plan.profile} on {plan.host.name} at {plan.host.base_url}"]
    lines += [f"  {model.tag:<28} {model.download_gb:5.1f} GB  present" for model in plan.present]
    lines += [f"  {model.tag:<28} {model.download_gb:5.1f} GB  to download" for model in plan.absent]
    lines += [f"  {model.tag:<28} {model.download_gb:5.1f} GB  optional (--optional)" for model in plan.optional]
    lines.append(f"To download: {plan.download_gb:.1f} GB, about {plan.minutes:.0f} min at 100 Mbps.")
    if plan.free_gb is not None:
        lines.append(f"Free disk: {plan.free_gb:.1f} GB.{' That is not enough.' if plan.is_disk_too_small else ''}")
    return "\n".join(lines)


def _result(plan: set_up.SetUpPlan, pulled: tuple[str, ...], main: str | None, **options: Any) -> str:
    if options["dry_run"]:
        return "Nothing was downloaded."
    loaded = f" {main} is in memory." if main else ""
    return f"{len(pulled)} downloaded, {len(plan.present)} present before.{loaded}"


def _json(plan: set_up.SetUpPlan, pulled: tuple[str, ...], main: str | None) -> str:
    def tags(models: tuple[ShippedModel, ...]) -> list[str]:
        return [model.tag for model in models]

    return json.dumps(
        {
            "profile": plan.profile,
            "host": plan.host.slug,
            "present": tags(plan.present),
            "absent": tags(plan.absent),
            "pulled": list(pulled),
            "download_gb": plan.download_gb,
            "minutes_at_100_mbps": round(plan.minutes, 1),
            "free_gb": plan.free_gb,
            "loaded": main,
        }
    )
