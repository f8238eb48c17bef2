"""What happens to one turn on its way to an answer: waits, hosts that failed, models left behind. Asks nobody."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from models_registry.domain.budget import RetryBudget
from models_registry.domain.chat import Attempt, Candidate
from models_registry.domain.errors import BreakerOpen, ModelError, NoModelAvailable, QueueFull, RateLimited, WaitTooLong
from models_registry.services import count
from models_registry.services.visits import Visit

logger = logging.getLogger(__name__)
Refused = (QueueFull, WaitTooLong)  # by our own queue: nobody was asked


@dataclass(slots=True)
class Course:
    """The failures and waits of one turn, in order."""

    budget: RetryBudget
    clock: Callable[[], float]
    deadline_s: float | None = None
    started_at: float | None = None
    failures: list[tuple[Candidate, ModelError]] = field(default_factory=list)  # before the first word
    attempts: list[Attempt] = field(default_factory=list)
    queue_s: float = 0.0
    load_s: float = 0.0
    _has_asked: bool = False
    _asked_s: float = 0.0  # spent on hosts that failed

    def begin(self) -> None:
        self.started_at = self.clock()
        self.budget.note_turn(at=self.started_at)

    def since_start_s(self) -> float:
        return 0.0 if self.started_at is None else self.clock() - self.started_at

    def left_s(self) -> float | None:
        """Return the time left until it makes no sense to begin, in seconds; None without a deadline."""
        return None if self.deadline_s is None else self.deadline_s - self.since_start_s()

    def may_try(self, candidates: tuple[Candidate, ...]) -> bool:
        """Return whether one of these may be asked: in time, and, after a failure, within the budget for attempts."""
        left_s = self.left_s()
        is_late = left_s is not None and left_s <= 0
        if not candidates or is_late or self._asked_s > candidates[0].endpoint.timeouts.total_s:
            return False
        return not self._has_asked or self.budget.spend(at=self.clock())

    def note_wait(self, visit: Visit) -> None:
        """Add what the visit waited, and the hosts that could not load the model for it."""
        self.queue_s += visit.queue_s
        self.load_s += visit.loading_s
        for candidate, failure in visit.failures:  # logged and counted once for all who waited, by the load itself
            self.attempts.append(_attempt(candidate, failure.code, visit.loading_s))
            self.failures.append((candidate, failure))

    def note_failure(self, candidate: Candidate, failure: ModelError, *, seconds: float, has_spoken: bool) -> None:
        """Log and count one failure."""
        logger.warning(
            "models_registry.candidate.failed",
            extra={
                "model": candidate.model,
                "host": candidate.endpoint.slug,
                "code": failure.code,
                "why": str(failure),
            },
        )
        if not isinstance(failure, (*Refused, BreakerOpen)):
            self._has_asked, self._asked_s = True, self._asked_s + seconds
            count.failed_attempt(candidate, failure)
        self.attempts.append(_attempt(candidate, failure.code, seconds))
        if not has_spoken:
            self.failures.append((candidate, failure))

    def note_answer(self, candidate: Candidate, *, seconds: float) -> None:
        """The candidate answered to its end."""
        self.attempts.append(_attempt(candidate, "", seconds))

    def has_failed(self, candidate: Candidate) -> bool:
        """Return whether this very candidate failed already."""
        return any(candidate == lost for lost, _ in self.failures)

    def left_behind(self, speaker: Candidate | None) -> list[tuple[Candidate, ModelError]]:
        """Return the failures of other models than the speaker's: another host of the same model is no other voice."""
        return [(lost, failure) for lost, failure in self.failures if speaker is None or lost.model != speaker.model]

    def nobody_spoke(self) -> ModelError:
        """Return the error that ends a turn without a word.

        Where only our queue refused, that is its refusal, with the soonest `retry_after_s`; else NoModelAvailable.
        """
        refusals = [failure for _, failure in self.failures if isinstance(failure, RateLimited)]
        if refusals and all(isinstance(failure, Refused) for _, failure in self.failures):
            return min(refusals, key=lambda refusal: refusal.retry_after_s or 0.0)
        error = NoModelAvailable(f"No model answered; {len(self.failures)} were asked.")
        error.__cause__ = self.failures[-1][1] if self.failures else None
        return error


def _attempt(candidate: Candidate, code: str, seconds: float) -> Attempt:
    return Attempt(candidate.model, candidate.endpoint.slug, code, round(seconds * 1000))
