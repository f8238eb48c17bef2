"""Try each call once and say, for people, what a credential does not allow and why it is wanted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from recommendations.domain.credentials import baking_command
from recommendations.domain.readings import Ability, Implementation
from recommendations.domain.source_errors import SourceBroken, SourceLacks, SourceRefused

Try = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call, in the node's words, what it is wanted for, and how it is tried."""

    name: str
    why: str
    attempt: Try
    is_needed: bool = True


async def tried(wanted: Sequence[Wanted], *, kind: Implementation) -> tuple[Ability, ...]:
    """Return what the credential allows.

    :raises SourceRefused: when the node does not know the credential at all.
    :raises SourceError: when nothing, or another node, answers.
    """
    return tuple([await _tried(one, kind=kind) for one in wanted])


async def _tried(one: Wanted, *, kind: Implementation) -> Ability:
    try:
        await one.attempt()
    except SourceLacks:
        lacking = f"This node does not know {one.name}. Upgrade it, or do without."
        return Ability(one.name, one.why, is_there=False, is_needed=one.is_needed, lacking=lacking)
    except SourceRefused as exc:
        if not exc.ability:
            raise
        return Ability(one.name, one.why, is_there=False, is_needed=one.is_needed, lacking=_unlock(one, kind=kind))
    except SourceBroken as exc:
        return Ability(one.name, one.why, is_there=False, is_needed=one.is_needed, lacking=str(exc))
    return Ability(one.name, one.why, is_there=True, is_needed=one.is_needed)


def _unlock(one: Wanted, *, kind: Implementation) -> str:
    credential = "macaroon" if kind is Implementation.LND else "rune"
    return f"The {credential} does not allow {one.name}. Make one that does: {baking_command(kind)}"
