"""See what a profile still needs on a host, and bring it there: models, then the main one into memory (DP-02)."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models_registry.domain.addresses import is_this_machine
from models_registry.domain.errors import ProviderUnavailable
from models_registry.domain.hardware import GB, MODEL_SETS, ShippedModel, download_minutes, profile_of
from models_registry.domain.model_names import is_named_by
from models_registry.domain.residency import PullProgress
from models_registry.models import LanguageModel, Provider, ProviderKind, Pull
from models_registry.services import health, pull, warm
from models_registry.services.hardware import get_optimal_config

logger = logging.getLogger(__name__)
AUTO = "auto"
PROFILES = (AUTO, *MODEL_SETS)
MODEL_FOLDERS = ("~/.ollama/models", "/usr/share/ollama/.ollama/models", "/var/lib/ollama/models")


@dataclass(frozen=True, slots=True)
class SetUpPlan:
    """What a host has of a profile and what it still needs. `free_gb` is None where nobody can tell."""

    profile: str
    host: Provider
    present: tuple[ShippedModel, ...]
    absent: tuple[ShippedModel, ...]
    optional: tuple[ShippedModel, ...]
    free_gb: float | None

    @property
    def download_gb(self) -> float:
        return round(sum(model.download_gb for model in self.absent), 1)

    @property
    def minutes(self) -> float:
        """Return the expected time of the download at 100 Mbps."""
        return download_minutes(self.download_gb)

    @property
    def is_disk_too_small(self) -> bool:
        return self.free_gb is not None and self.download_gb > self.free_gb


def plan(profile: str, *, slug: str | None, with_optional: bool, at: datetime) -> SetUpPlan:
    """Look at the host and return what it has and needs; nothing is downloaded.

    :raises ProviderUnavailable: when there is no such host, or it does not answer.
    """
    host = _host(slug, at=at)
    chosen = _suited(host) if profile == AUTO else profile
    models = MODEL_SETS[chosen]
    wanted = tuple(model for model in models if with_optional or not model.is_optional)
    installed = tuple(LanguageModel.objects.filter(provider=host, is_installed=True).values_list("tag", flat=True))
    present = tuple(model for model in wanted if any(is_named_by(tag, model.name) for tag in installed))
    return SetUpPlan(
        profile=chosen,
        host=host,
        present=present,
        absent=tuple(model for model in wanted if model not in present),
        optional=tuple(model for model in models if model not in wanted),
        free_gb=_free_gb(host.base_url),
    )


def download(
    plan: SetUpPlan, *, at: datetime, watcher: Callable[[ShippedModel, PullProgress], None]
) -> Iterator[tuple[ShippedModel, Pull]]:
    """Download what is absent, one model after the other; yield each with its row as it ended."""
    for model in plan.absent:
        row, _ = pull.find_or_create(plan.host, model=model.tag, at=at)

        def watch(step: PullProgress, model: ShippedModel = model) -> None:
            watcher(model, step)

        yield model, pull.carry_out(row, watcher=watch)


def warm_main(plan: SetUpPlan) -> str | None:
    """Load the profile's main model into memory and return its tag; None when the host does not hold it.

    :raises ModelError: when the host cannot load it.
    """
    main = next(model for model in MODEL_SETS[plan.profile] if model.is_main)
    rows = LanguageModel.objects.filter(provider=plan.host, is_installed=True)
    found = next((row for row in rows if is_named_by(row.tag, main.name)), None)
    if found is None:
        return None
    warm.load(model_id=found.pk)
    logger.info("models_registry.setup.completed", extra={"profile": plan.profile, "main_model": found.tag})
    return found.tag


def _host(slug: str | None, *, at: datetime) -> Provider:
    rows = Provider.objects.filter(kind=ProviderKind.OLLAMA, is_enabled=True)
    host = rows.filter(slug=slug).first() if slug else rows.first()
    if host is None:
        known = ", ".join(rows.values_list("slug", flat=True)) or "none"
        raise ProviderUnavailable(f"There is no enabled Ollama host {slug or ''}. Known: {known}.".replace(" .", "."))
    (report,) = health.check((host,), at=at)
    if not report.is_healthy:
        raise ProviderUnavailable(f"{host.name} at {host.base_url} does not answer: {report.note}")
    return host


def _suited(host: Provider) -> str:
    """Return the profile for the host's memory where its row tells it, else for this machine's."""
    if host.memory_gb is not None:
        return profile_of(host.memory_gb).value
    return get_optimal_config().profile.value


def _free_gb(base_url: str) -> float | None:
    """Return the free space where a host on this machine keeps its models."""
    if not is_this_machine(base_url):
        return None
    folders = (os.environ.get("OLLAMA_MODELS", ""), *MODEL_FOLDERS)
    for folder in (Path(name).expanduser() for name in folders if name):
        try:
            if folder.is_dir():
                return round(shutil.disk_usage(folder).free / GB, 1)
        except OSError:  # another user's folder
            continue
    return None
