"""Bring a model into a host's memory ahead of need. A load belongs to whoever asked and dies with them: hence a job."""

from collections.abc import Iterable

from asgiref.sync import async_to_sync
from django_q.tasks import async_task

from models_registry.domain.chat import Candidate
from models_registry.domain.errors import ProviderRejected
from models_registry.models import LanguageModel
from models_registry.providers import catalog
from models_registry.services.plan import candidate_of


def load(*, model_id: int) -> None:
    """Load the model with the window it is always asked with; nothing happens when it was removed meanwhile.

    :raises ModelError: when the host cannot, or not within its cold-load limit.
    """
    model = LanguageModel.objects.select_related("provider").filter(pk=model_id, is_installed=True).first()
    if model:
        async_to_sync(_load)(candidate_of(model))


async def _load(candidate: Candidate) -> None:
    ollama = catalog.connect_ollama(candidate.endpoint)
    if ollama is None:
        raise ProviderRejected(f"{candidate.endpoint.slug} keeps no models in memory.")
    await ollama.load(candidate.model, num_ctx=candidate.num_ctx)


def enqueue(models: Iterable[LanguageModel]) -> int:
    """Queue the loading of these models, one job each, and return how many."""
    return len([async_task("models_registry.tasks.load_model", model_id=model.pk) for model in models])
