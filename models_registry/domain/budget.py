"""How many attempts may follow failed ones: a storm of failures must not multiply itself (OLLAMA.md E.5). Pure."""

from dataclasses import dataclass

SHARE_OF_TURNS = 0.1
PER_S = 5.0  # also where there is little traffic
MOST = 50.0


@dataclass(slots=True)
class RetryBudget:
    """A purse that every turn fills a little and every further attempt empties by one."""

    left: float = MOST
    filled_at: float | None = None  # seconds of the caller's clock

    def note_turn(self, *, at: float) -> None:
        """A turn began."""
        self._fill(SHARE_OF_TURNS, at=at)

    def spend(self, *, at: float) -> bool:
        """Return whether one more attempt may be made after a failed one; it is paid then."""
        self._fill(0.0, at=at)
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def _fill(self, gift: float, *, at: float) -> None:
        passed_s = 0.0 if self.filled_at is None else max(0.0, at - self.filled_at)
        self.filled_at = at
        self.left = min(MOST, self.left + gift + passed_s * PER_S)
