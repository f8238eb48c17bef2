"""Say advice in French: every sentence by the tables of `phrases`, with the same numbers, ids and commands. Pure.

What no table knows stays as it was written; a test names every sentence of the rules that is in none.
"""

from collections.abc import Mapping
from dataclasses import replace

from recommendations.domain.actions import ManualStep
from recommendations.domain.advice import Evidence, Finding, GainRange, Impact
from recommendations.domain.commands import PlatformCommands, RenderedCommands
from recommendations.domain.phrasebook import Notation, Phrasebook
from recommendations.domain.phrases import channels, commands, facts, fees, liquidity, names, node, notes

NOTATION = Notation(thousands="\u202f", decimal=",", percent=" %", unknown="inconnu", semicolon=" ; ")
TABLES: Mapping[str, Mapping[str, str]] = {
    "fees": fees.PHRASES,
    "liquidity": liquidity.PHRASES,
    "channels": channels.PHRASES,
    "node": node.PHRASES,
    "names": names.PHRASES,
    "facts": facts.PHRASES,
    "commands": commands.PHRASES,
    "notes": notes.PHRASES,
}
BOOK = Phrasebook({english: words for table in TABLES.values() for english, words in table.items()}, NOTATION)


def said(text: str, *, lang: str = "fr") -> str:
    """Return a text of ours in the language asked for; what the tables do not know stays as it is."""
    return text if lang != "fr" or not text else BOOK.say(text) or text


def in_french(finding: Finding) -> Finding:
    """Return the finding with every sentence in French; ids, numbers and what the action does stay."""
    step, action = finding.manual_step, finding.action
    return replace(
        finding,
        action=replace(action, text=said(action.text)) if isinstance(action, ManualStep) else action,
        title=said(finding.title),
        explanation=said(finding.explanation),
        evidence=tuple(_fact(one) for one in finding.evidence),
        manual_step=None if step is None else said(step),
        gain=_gain(finding.gain),
        impact=_impact(finding.impact),
        threshold=said(finding.threshold),
        missing=each(finding.missing),
    )


def beside(rendered: RenderedCommands) -> RenderedCommands:
    """Return the commands with the words beside them in French; no line changes."""
    return replace(
        rendered,
        lnd=_platform(rendered.lnd),
        cln=_platform(rendered.cln),
        notes=each(rendered.notes),
        cannot_undo=None if rendered.cannot_undo is None else said(rendered.cannot_undo),
        refused=None if rendered.refused is None else said(rendered.refused),
    )


def each(texts: tuple[str, ...], *, lang: str = "fr") -> tuple[str, ...]:
    """Return every text as `said` does, e.g. the names of what is missing."""
    return tuple(said(one, lang=lang) for one in texts)


def _fact(one: Evidence) -> Evidence:
    return replace(one, label=said(one.label), unit=said(one.unit), source=said(one.source))


def _gain(gain: GainRange | None) -> GainRange | None:
    return None if gain is None else replace(gain, computation=said(gain.computation))


def _impact(impact: Impact | None) -> Impact | None:
    return None if impact is None else replace(impact, metric=said(impact.metric), unit=said(impact.unit))


def _platform(one: PlatformCommands) -> PlatformCommands:
    return replace(one, problem=said(one.problem), instead=said(one.instead))
