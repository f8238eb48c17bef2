"""Ask hosts which models they hold and which are in memory, and store it. Never generates: that would load models."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asgiref.sync import async_to_sync

from models_registry.domain.addresses import is_public
from models_registry.domain.chat import Endpoint, ModelFacts
from models_registry.domain.errors import ModelError, ProviderTimeout
from models_registry.domain.model_names import normalized
from models_registry.domain.residency import ResidentModel
from models_registry.domain.specialties import guess_specialties
from models_registry.models import CatalogEntry, LanguageModel, Provider
from models_registry.providers import catalog
from models_registry.providers.ollama import OllamaSpeaker

logger = logging.getLogger(__name__)
CONNECT_S = 1.0  # a living host takes a connection at once; a dead one must not cost a person more
OBSERVED = (
    *("digest", "digest_since", "size_bytes", "parameter_size", "quantization", "capabilities", "context_length"),
    *("is_installed", "resident_until", "vram_share", "seen_at"),
)


@dataclass(frozen=True, slots=True)
class HostReport:
    """What one host said. `is_healthy` is None when it was too busy to tell; others are None when it did not say."""

    slug: str
    is_healthy: bool | None
    note: str = ""
    version: str = ""
    models: tuple[ModelFacts, ...] | None = None
    resident: tuple[ResidentModel, ...] | None = None


def refresh(rows: Sequence[Provider], *, at: datetime, patience_s: float = 5.0) -> tuple[HostReport, ...]:
    """Ask these hosts together, store health, models and residency, and return the reports in the same order."""
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
    version = await ollama.version()  # costs a host nothing, so one that is away is asked nothing more
    models, resident = await asyncio.gather(ollama.list_models(known_digests=known_digests), _resident(ollama))
    return HostReport(slug=endpoint.slug, is_healthy=True, version=version, models=models, resident=resident)


async def _resident(ollama: OllamaSpeaker) -> tuple[ResidentModel, ...] | None:
    """Return what is in memory; a host that does not tell is still a host that speaks."""
    try:
        return await ollama.running()
    except ModelError:
        return None


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
            _store_models(row, report, at)
        elif report.is_healthy is False:  # nobody knows what a host that is away keeps in memory
            row.language_models.exclude(resident_until=None).update(resident_until=None, vram_share=None)


def _store_models(provider: Provider, report: HostReport, at: datetime) -> None:
    """Write what one host holds, in four statements however many models there are."""
    facts_by_tag = {facts.tag: facts for facts in _wanted(provider, report.models or ())}
    rows = {row.tag: row for row in provider.language_models.all()}
    new = [
        LanguageModel(provider=provider, tag=tag, specialties=list(guess_specialties(tag)))
        for tag in facts_by_tag
        if tag not in rows
    ]
    seen = [_observed(row, facts_by_tag[row.tag], report, at) for row in new]
    LanguageModel.objects.bulk_create(seen, ignore_conflicts=True)  # another process may look at the same moment
    kept = [_observed(row, facts_by_tag[tag], report, at) for tag, row in rows.items() if tag in facts_by_tag]
    LanguageModel.objects.bulk_update(kept, OBSERVED)
    gone = provider.language_models.filter(is_installed=True).exclude(tag__in=facts_by_tag)
    gone.update(is_installed=False, resident_until=None, vram_share=None)


def _wanted(provider: Provider, models: Sequence[ModelFacts]) -> Sequence[ModelFacts]:
    """Return what is worth a row: a public service lists hundreds, of which the catalog names the few with a price."""
    if not is_public(provider.base_url):
        return models
    priced = set(CatalogEntry.objects.filter(kind=provider.kind, is_enabled=True).values_list("name", flat=True))
    return [facts for facts in models if facts.tag in priced]


def _observed(row: LanguageModel, facts: ModelFacts, report: HostReport, at: datetime) -> LanguageModel:
    """Write onto the row what was seen; what the host did not tell stays as it was."""
    _note_digest(row, facts.digest, at)
    row.size_bytes = facts.size_bytes
    row.parameter_size, row.quantization = facts.parameter_size[:20], facts.quantization[:20]
    if facts.capabilities is not None:
        row.capabilities = list(facts.capabilities)
    if facts.context_length is not None:
        row.context_length = facts.context_length
    if report.resident is not None:
        row.resident_until, row.vram_share = _residency(row.tag, report.resident, at)
    row.is_installed, row.seen_at = True, at
    return row


def _note_digest(row: LanguageModel, digest: str, at: datetime) -> None:
    """Remember since when a tag means these weights: measured values of the former ones are no longer its own."""
    if row.digest == digest:
        return
    if row.digest:
        logger.warning(
            "models_registry.model.replaced", extra={"model": row.tag, "was": row.digest[:12], "digest": digest[:12]}
        )
    row.digest, row.digest_since = digest, at


def _residency(tag: str, resident: Sequence[ResidentModel], at: datetime) -> tuple[datetime | None, float | None]:
    """Return until when a model stays in memory and its share on a card; (None, None) when it is not there."""
    found = next((one for one in resident if normalized(one.name) == normalized(tag)), None)
    if found is None:
        return None, None
    return max(found.expires_at or at, at), found.vram_share
