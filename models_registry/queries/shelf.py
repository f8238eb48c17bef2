"""Read which models stand on which hosts, with what is known of each: rows in, frozen values out."""

from dataclasses import dataclass
from datetime import datetime

from models_registry.domain.routing import can_speak
from models_registry.models import LanguageModel, ProviderKind


@dataclass(frozen=True, slots=True)
class ShelvedModel:
    """One installed model on one host. What was not measured, or is not known, is None."""

    name: str
    host: str
    host_kind: str
    is_host_healthy: bool | None
    specialties: tuple[str, ...]
    capabilities: tuple[str, ...]
    speaks: bool
    digest: str
    size_bytes: int | None
    context_length: int | None
    calls: int
    latency_ms: int | None
    tokens_per_s: float | None
    load_s: float | None
    quality: float | None
    resident_until: datetime | None
    vram_share: float | None
    seen_at: datetime | None

    def is_resident(self, *, at: datetime) -> bool | None:
        """Return whether the model is in memory, or None when its host does not tell."""
        if self.resident_until is None:
            return False if self.is_host_healthy and self.host_kind == ProviderKind.OLLAMA else None
        return self.resident_until > at


def shelved_models() -> tuple[ShelvedModel, ...]:
    """Return every installed model of every host that is switched on, by host, then by name."""
    rows = LanguageModel.objects.select_related("provider").filter(
        is_installed=True, is_enabled=True, provider__is_enabled=True
    )
    return tuple(_shelved(row) for row in rows.order_by("provider__priority", "provider__slug", "tag"))


def _shelved(row: LanguageModel) -> ShelvedModel:
    quality = row.observed_quality if row.observed_quality is not None else row.declared_quality
    return ShelvedModel(
        name=row.tag,
        host=row.provider.slug,
        host_kind=row.provider.kind,
        is_host_healthy=row.provider.is_healthy,
        specialties=tuple(row.specialties),
        capabilities=tuple(row.capabilities),
        speaks=can_speak(row.tag, row.capabilities),
        digest=row.digest,
        size_bytes=row.size_bytes,
        context_length=row.context_length,
        calls=row.observed_calls,
        latency_ms=row.observed_latency_ms if row.observed_latency_ms is not None else row.declared_latency_ms,
        tokens_per_s=row.observed_tokens_per_s,
        load_s=row.observed_load_s,
        quality=None if quality is None else float(quality),
        resident_until=row.resident_until,
        vram_share=row.vram_share,
        seen_at=row.seen_at,
    )
