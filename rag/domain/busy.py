"""Tell a busy model from an absent one, from what a speech failed with. Pure."""

from models_registry.domain.errors import QueueFull, QuotaExceeded, RateLimited, WaitTooLong

CAPACITY = (QueueFull, WaitTooLong, QuotaExceeded)


def capacity_refusal(failure: BaseException) -> RateLimited | None:
    """Return the refusal for want of room behind this failure, or None when it failed for another reason."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, CAPACITY):
            return seen
        seen = seen.__cause__
    return None
