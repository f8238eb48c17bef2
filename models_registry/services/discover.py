"""Ask hosts which models they hold, and store the answer. Never generates: that would load models."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asgiref.sync import async_to_sync

from models_registry.domain.chat import Endpoint, ModelFacts
from models_registry.domain.errors import ModelError, ProviderTimeout
from models_registry.models import LanguageModel, Provider
from models_registry.providers import catalog

CONNECT_S = 1.0  # a living host takes a connection at once; a dead one must not cost a person more


@dataclass(frozen=True, slots=True)
class HostReport:
    """What one host said. `is_healthy` is None when it was too busy to tell, `models` when it did not say."""

    slug: str
    is_healthy: bool | None
    note: str = ""
    version: str = ""
    models: tuple[ModelFacts, ...] | None = None


def refresh(rows: Sequence[Provider], *, at: datetime, patience_s: float = 5.0) -> tuple[HostReport, ...]:
    """Ask these hosts together, store health and models, and return the reports in the same order."""
    reports = async_to_sync(_look_at_all)([row.endpoint() for row in rows], _known_digests(), patience_s)
    _store(reports, at)
    return reports


async def _look_at_all(
    endpoints: Sequence[Endpoint], known: Mapping[str, frozenset[str]], patience_s: float
) -> tuple[HostReport, ...]:
    looks = (_look(endpoint, known.get(endpoint.slug, frozenset()), patience_s=patience_s) for endpoint in endpoints)
    return tuple(await asyncio.gather(*looks))


async def _look(endpoint: Endpoint, known_digests: frozenset[str], *, patience_s: float) -> HostReport:
    try:
        return await _ask(endpoint, known_digests, patience_s=patience_s)
    except ModelError as exc:
        is_busy = isinstance(exc, ProviderTimeout) and not exc.is_unreachable
        return HostReport(slug=endpoint.slug, is_healthy=None if is_busy else False, note=str(exc)[:200])


async def _ask(endpoint: Endpoint, known_digests: frozenset[str], *, patience_s: float) -> HostReport:
    limits = replace(endpoint.timeouts, connect_s=min(CONNECT_S, patience_s), default_s=patience_s, attempts=1)
    probed = replace(endpoint, timeouts=limits)
    ollama = catalog.connect_ollama(probed)
    if ollama is None:
        models = await catalog.connect(probed).list_models()
        return HostReport(slug=endpoint.slug, is_healthy=True, models=models)
    version = await ollama.version()
    models = await ollama.list_models(known_digests=known_digests)
    return HostReport(slug=endpoint.slug, is_healthy=True, version=version, models=models)


def _known_digests() -> dict[str, frozenset[str]]:
    """Return, per host, the digests whose capabilities are stored already."""
    known: dict[str, set[str]] = {}
    rows = LanguageModel.objects.exclude(digest="").exclude(capabilities=[])
    for slug, digest in rows.values_list("provider__slug", "digest"):
        known.setdefault(slug, set()).add(digest)
    return {slug: frozenset(digests) for slug, digests in known.items()}


def _store(reports: Sequence[HostReport], at: datetime) -> None:
    for row in Provider.objects.filter(slug__in=[report.slug for report in reports]):
        report = next(report for report in reports if report.slug == row.slug)
        row.note_health(report.is_healthy, note=report.note, version=report.version, at=at)
        if report.models is not None:
            _store_models(row, report.models, at)


def _store_models(provider: Provider, models: Sequence[ModelFacts], at: datetime) -> None:
    for facts in models:
        told = {"capabilities": facts.capabilities, "context_length": facts.context_length}
        LanguageModel.objects.update_or_create(
            provider=provider,
            tag=facts.tag,
            defaults={
                "digest": facts.digest,
                "size_bytes": facts.size_bytes,
                "parameter_size": facts.parameter_size[:20],
                "quantization": facts.quantization[:20],
                "is_installed": True,
                "seen_at": at,
                **{name: value for name, value in told.items() if value is not None},
            },
        )
    gone = provider.language_models.filter(is_installed=True).exclude(tag__in=[facts.tag for facts in models])
    gone.update(is_installed=False)
