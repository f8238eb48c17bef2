"""Lay evidence and commands out as JSON for the wire and the row. Unknown is None, never 0."""

from typing import Any

from recommendations.domain.actions import Action, ManualStep, parameters
from recommendations.domain.advice import Evidence
from recommendations.domain.commands import PlatformCommands, RenderedCommands

UNITS = {"estimated_cost": "sat", "estimated_time_hours": "h", "estimated_revenue_increase": "sat / 30 d"}
NO_COMMANDS: dict[str, Any] = {
    "command": None,
    "commands": None,
    "values": [],
    "notes": [],
    "cannot_undo": None,
    "undo_cost_sat": None,
    "file_text": None,
    "refused": None,
    "action_parameters": {},
}


def flat(value: Any) -> dict[str, Any]:
    """Return the fields of a frozen value that holds only plain ones. `asdict` copies each deeply: slower."""
    return {name: getattr(value, name) for name in value.__slots__}


def evidence_payload(one: Evidence) -> dict[str, Any]:
    return {**flat(one), "as_of": None if one.as_of is None else one.as_of.isoformat()}


def commands_payload(action: Action | None, commands: RenderedCommands | None) -> dict[str, Any]:
    """Return the commands for both platforms with what they change; `command` is the first that may be copied."""
    if action is None or commands is None:
        return dict(NO_COMMANDS)
    return {
        "command": _first_checked(commands),
        "commands": _both(commands, is_manual=isinstance(action, ManualStep)),
        "values": [flat(value) for value in commands.values],
        "notes": list(commands.notes),
        "cannot_undo": commands.cannot_undo,
        "undo_cost_sat": commands.undo_cost_sat,
        "file_text": commands.file_text,
        "refused": commands.refused,
        "action_parameters": parameters(action),
    }


def _both(commands: RenderedCommands, *, is_manual: bool) -> dict[str, Any]:
    """Return both platforms' lines. What to do by hand stands in the step itself, and is not said twice."""
    both = {"lnd": _platform(commands.lnd), "cln": _platform(commands.cln)}
    return {name: {**one, "instead": ""} for name, one in both.items()} if is_manual else both


def _platform(one: PlatformCommands) -> dict[str, Any]:
    return {
        "command": one.command,
        "verify": one.verify,
        "inverse": one.inverse,
        "prepare": list(one.prepare),
        "checked": one.is_checked,
        "copyable": one.is_copyable,
        "problem": one.problem,
        "instead": one.instead,
    }


def _first_checked(commands: RenderedCommands) -> str | None:
    return next((one.command for one in (commands.lnd, commands.cln) if one.is_copyable), None)
