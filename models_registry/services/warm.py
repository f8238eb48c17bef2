"""Bring a model into a host's memory ahead of need, or out of it.

A load belongs to whoever asked and dies with them: hence a job.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from asgiref.sync import async_to_sync
from django_q.tasks import async_task

from models_registry.domain.chat import Candidate
from models_registry.domain.errors import ModelError, ProviderRejected
from models_registry.domain.query_types import QueryType
from models_registry.models import LanguageModel, Provider
from models_registry.providers import catalog
from models_registry.providers.ollama import OllamaSpeaker
from models_registry.services.discover import refresh
from models_registry.services.plan import candidate_of, plan_generation

UNIT = "warmer"


def load(*, model_id: int) -> None:
    """Load the model with the window it is always asked with; nothing happens when it was removed meanwhile.

    :raises ModelError: when the host cannot, or not within its cold-load limit.
    """
    model = LanguageModel.objects.select_related("provider").filter(pk=model_id, is_installed=True).first()
    if model:
        async_to_sync(_load)(candidate_of(model))


def main_model(host: Provider) -> LanguageModel | None:
    """Return the model of this host that is asked first for advice, None while it holds none that speaks."""
    plan = plan_generation(QueryType.DETAILED, purpose="advice", unit=UNIT)
    tag = next((one.model for one in plan.candidates if one.endpoint.slug == host.slug), None)
    return LanguageModel.objects.filter(provider=host, tag=tag).select_related("provider").first() if tag else None


def enqueue(models: Iterable[LanguageModel]) -> int:
    """Queue the loading of these models, one job each, and return how many."""
    return len([async_task("models_registry.tasks.load_model", model_id=model.pk) for model in models])


def unload(models: Sequence[LanguageModel], *, at: datetime) -> tuple[str, ...]:
    """Let these models out of memory, look at their hosts again, and return a sentence for each that stayed."""
    refusals = async_to_sync(_unload_all)([candidate_of(model) for model in models])
    refresh(tuple({model.provider_id: model.provider for model in models}.values()), at=at)
    return refusals


async def _load(candidate: Candidate) -> None:
    await _ollama(candidate).load(candidate.model, num_ctx=candidate.num_ctx)


async def _unload_all(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    refusals = []
    for candidate in candidates:
        try:
            await _ollama(candidate).unload(candidate.model)
        except ModelError as exc:
            refusals.append(f"{candidate.model}: {exc}")
    return tuple(refusals)


def _ollama(candidate: Candidate) -> OllamaSpeaker:
    found = catalog.connect_ollama(candidate.endpoint)
    if found is None:
        raise ProviderRejected(f"{candidate.endpoint.slug} keeps no models in memory.")
    return found
