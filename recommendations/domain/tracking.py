"""Names and life of one piece of advice: its stable id, its row's id, and which moves between states are legal."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from recommendations.domain.actions import Action, parameters
from recommendations.domain.advice import State

NAMESPACE = UUID("6f0c1de2-6d0b-5c8e-9a55-2f1a6f0f7f10")  # fixed for ever: rows are found again by it
DAYS_UNTIL_EXPIRED = 30
STANDING_VALUES = (
    "current",
    "terms",
    "channel",
    "current_min_msat",
    "current_max_msat",
    "text",
    "cost_sat",
    "fee_rate_sat_vb",
)

MOVES: dict[State, frozenset[State]] = {
    State.GENERATED: frozenset({State.VIEWED, State.APPLIED, State.REJECTED, State.EXPIRED}),
    State.VIEWED: frozenset({State.APPLIED, State.REJECTED, State.EXPIRED}),
    State.APPLIED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}
UNDOABLE = frozenset({State.APPLIED, State.REJECTED})


def can_move(origin: State, target: State) -> bool:
    """Whether one state may follow another. Applied without having been seen is legal: it was detected."""
    return target in MOVES[origin]


def can_undo(origin: State) -> bool:
    """Whether the mark may be taken back, to viewed: only what a person or a detection marked, never an expiry."""
    return origin in UNDOABLE


def tracking_id(pubkey: str, *, action: str, target: str, parameters: Any, at: datetime) -> str:
    """Return `rec_{8 of key}_{12 of sha-256}`: the same advice in the same ISO week has the same id (FB-02)."""
    year, week, _ = at.isocalendar()
    text = json.dumps([action, target, parameters, f"{year}-W{week:02d}"], sort_keys=True, separators=(",", ":"))
    return f"rec_{pubkey[:8]}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def tracking_id_of(pubkey: str, *, rule: str, target: str, action: Action | None, at: datetime) -> str:
    """Return the tracking id of a finding's action; one that only looks is told apart by its rule.

    Only what is advised counts: the values that stand now (`current`, and fee terms that are merely repeated) move by
    themselves and must not make a new advice of the same one.
    """
    kind = rule if action is None else action.kind.value
    values = {} if action is None else parameters(action)
    for name in STANDING_VALUES:
        values.pop(name, None)
    is_acting = action is not None and values.keys() - {"target", "look", "intent"}
    return tracking_id(pubkey, action=kind, target=target, parameters=values if is_acting else {"rule": rule}, at=at)


def row_id(tracking_id: str, *, node_id: int | str, connection_id: int | str | None) -> UUID:
    """Return the primary key of the row for this advice to this node under this connection (None = public data)."""
    return uuid5(NAMESPACE, f"{node_id}/{connection_id or '-'}/{tracking_id}")
