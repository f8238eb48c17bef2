"""Jobs of the models floor. Each is safe to run twice."""

from django.utils import timezone

from models_registry.services import health, warm


def refresh_hosts(**_future: object) -> None:
    """Look at every enabled host: its health and its models."""
    health.check_all(at=timezone.now())


def load_model(*, model_id: int, **_future: object) -> None:
    """Bring one model into its host's memory."""
    warm.load(model_id=model_id)
