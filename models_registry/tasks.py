"""Jobs of the models floor. Each is safe to run twice."""

from django.utils import timezone

from models_registry.services import breakers, guarding, health, limits, observe, pull, ramp, warm


def refresh_hosts(**_future: object) -> None:
    """Look at every enabled host: its health and its models."""
    health.check_all(at=timezone.now())


def load_model(*, model_id: int, **_future: object) -> None:
    """Bring one model into its host's memory."""
    warm.load(model_id=model_id)


def pull_model(*, pull_id: int, **_future: object) -> None:
    """Download for a while, and queue the next slice when the model has not arrived yet."""
    if pull.run_slice(pull_id):
        pull.enqueue(pull_id)


def refresh_observations(**_future: object) -> None:
    """Learn from the ledger how fast and how good each model was lately."""
    observe.refresh(at=timezone.now())


def forget_requests(**_future: object) -> None:
    """Delete the counts of requests that weigh nothing any more."""
    limits.forget(at=timezone.now())


def forget_breakers(**_future: object) -> None:
    """Delete the breakers of models that nobody asks any more."""
    breakers.forget_unused(at=timezone.now())


def watch_rollouts(**_future: object) -> None:
    """Count outcomes that wait, open steps whose gates are open, and warn of rollouts that nobody meets."""
    now = timezone.now()
    guarding.count_all(at=now)
    ramp.advance_due(at=now)
