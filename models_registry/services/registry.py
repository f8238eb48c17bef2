"""Keep what planning reads in memory, and know with one tiny statement whether it still holds.

Triggers of the database give every change of those tables a new number, whoever makes it: the admin, a health check,
another process, SQL typed by hand. A snapshot belongs to one state of these numbers.
"""

import threading

from models_registry.queries.planning import Epoch, Snapshot, planning_epoch, read_snapshot
from models_registry.services.hardware import measure

_reading = threading.Lock()
_kept: Snapshot | None = None


def current() -> Snapshot:
    """Return the rows that planning reads as they are now: one statement when nothing changed, else eleven more."""
    return at_epoch(planning_epoch())


def is_kept(epoch: Epoch) -> bool:
    """Return whether the rows at this epoch are in memory, so that planning needs no statement."""
    return _kept is not None and _kept.epoch == epoch


def at_epoch(epoch: Epoch) -> Snapshot:
    """Return the rows that planning reads, as they are at an epoch that was just read."""
    global _kept
    kept = _kept
    if kept is not None and kept.epoch == epoch:
        return kept
    with _reading:
        kept = _kept
        if kept is None or kept.epoch != epoch:
            # Read after the epoch: what changes meanwhile has another epoch, and is read again by the next request.
            _kept = kept = read_snapshot(epoch, this_machine_gb=measure().model_memory_gb)
        return kept
