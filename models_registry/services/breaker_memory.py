"""The breaker of the database itself, held in the memory of each process: it cannot be where the failure is.

What it counted and how it changed reach its row when the database answers again, for the admin and the metrics.
"""

import threading
from datetime import datetime

from django.db import transaction

from models_registry.domain.breaker import Circuit, Limits
from models_registry.domain.breaker_stats import Tally
from models_registry.models import Breaker
from models_registry.services.breaker_rows import Move
from models_registry.services.default_breakers import POSTGRES, usual_limits


class HeldBreaker:
    """One breaker of this process. Its limits follow the row whenever that can be read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.limits = Limits(**usual_limits(name))
        self.circuit = Circuit()
        self._turning = threading.Lock()
        self._untold = Tally()
        self._changes: list[tuple[str, str, datetime, str]] = []

    def move(self, turn: Move, *, at: datetime, reason: str = "") -> Tally:
        """Turn the circuit, keep what is to be told to the row, and return the tally."""
        with self._turning:
            before = self.circuit
            self.circuit, tally = turn(before, self.limits)
            self._untold += tally
            if before.state is not self.circuit.state:
                self._changes.append((before.state.value, self.circuit.state.value, at, reason))
        return tally

    def flush(self, *, at: datetime) -> None:
        """Tell the row.

        :raises django.db.Error: when it still cannot be written; nothing is forgotten then.
        """
        with self._turning:
            tally, changes = self._untold, tuple(self._changes)
            if tally == Tally() and not changes:
                return
            self._write(tally, changes, at=at)
            self._untold, self._changes = Tally(), []

    def _write(self, tally: Tally, changes: tuple[tuple[str, str, datetime, str], ...], *, at: datetime) -> None:
        Breaker.objects.get_or_create(name=self.name, defaults={"service": self.name, **usual_limits(self.name)})
        with transaction.atomic():
            row = Breaker.objects.select_for_update().get(name=self.name)
            failures = [reason for _, _, _, reason in changes if reason]
            row.count(tally, at=at, failure=failures[-1] if failures else "")
            for before, after, changed_at, reason in changes:
                row.note_change(before, after, at=changed_at, reason=reason)
            row.state, row.opened_at = self.circuit.state.value, self.circuit.opened_at
            row.save(update_fields=("state", "opened_at"))
            self.limits = row.limits


held = HeldBreaker(POSTGRES)
