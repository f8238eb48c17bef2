"""The space that the settings ask for: planned once, built as soon as a host has its model, then searched."""

from datetime import datetime

from django.conf import settings

from rag.models import IndexVersion
from rag.services.spaces import plan_space


def load(*, at: datetime) -> tuple[str, ...]:
    """Plan the space of EMBED_MODEL, unless there is one of its model and version; return a line when it was."""
    model, version = settings.EMBED_MODEL, settings.EMBED_VERSION
    if not model or IndexVersion.objects.filter(model=model, version=version).exists():
        return ()
    before = IndexVersion.objects.count()
    row = plan_space(model, at=at, version=version, dimension=settings.EMBED_DIMENSION or 0, activates_when_ready=True)
    return (f"space {row}: planned",) if IndexVersion.objects.count() > before else ()
