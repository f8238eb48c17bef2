"""Say a rule's finding in French, from its typed action and its evidence: the same numbers, no text translated. Pure.

A name that the tables do not know stays as the rule wrote it.
"""

from dataclasses import replace
from typing import Any

from recommendations.domain.actions import (
    ChargeLndRule,
    CloseChannel,
    FeeTerms,
    LoopIn,
    LoopOut,
    ManualStep,
    OpenChannel,
    Rebalance,
    SetChannelFee,
    SetHtlcLimits,
)
from recommendations.domain.advice import Evidence, Finding, Impact
from recommendations.domain.commands import RenderedCommands
from recommendations.domain.french_words import LABELS, MEANINGS, METRICS, MISSING, NAMES, NOTES, REVIEWS, STEPS, UNITS
from recommendations.domain.units import SCID

MOST_FACTS = 5
MSAT_PER_SAT = 1_000
NARROW_SPACE = "\u202f"


def in_french(finding: Finding) -> Finding:
    """Return the finding with title, explanation, steps and names in French; ids, numbers and action stay."""
    step = finding.manual_step and STEPS.get(finding.rule, finding.manual_step)
    action = finding.action
    return replace(
        finding,
        action=replace(action, text=step) if isinstance(action, ManualStep) and step else action,
        title=_title(finding),
        explanation=_explanation(finding),
        evidence=tuple(replace(one, label=_label(one.label)) for one in finding.evidence),
        manual_step=step,
        impact=_impact(finding.impact),
        missing=missing(finding.missing),
    )


def beside(commands: RenderedCommands) -> RenderedCommands:
    """Return the commands with the words beside them in French, where those are known; no line changes."""
    undo = commands.cannot_undo
    notes = tuple(NOTES.get(note, note) for note in commands.notes)
    return replace(commands, notes=notes, cannot_undo=undo and NOTES.get(undo, undo))


def missing(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is missing, by its French name where it has one."""
    return tuple(MISSING.get(name, name) for name in names)


def name_of(rule: str, *, otherwise: str) -> str:
    """Return a rule's French name."""
    return NAMES.get(rule, otherwise)


def figure(value: Any) -> str:
    """Return a value in French notation: 12 000, 3,5."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int):
        return f"{value:,}".replace(",", NARROW_SPACE)
    if isinstance(value, float):
        text = f"{value:,.2f}".rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", f"{NARROW_SPACE},"))
    return "inconnu" if value is None else str(value)


def _title(finding: Finding) -> str:
    action = finding.action
    match action:
        case SetChannelFee() | ChargeLndRule():
            return _fee_title(action.channel.scid, action.current, action.new)
        case SetHtlcLimits():
            return _limits_title(action)
        case OpenChannel():
            return f"Ouvrir un canal de {figure(action.amount_sat)} sat avec {action.peer_pubkey[:12]}…"
        case CloseChannel():
            return f"Envisager de fermer le canal {action.channel.scid}"
        case Rebalance():
            ceiling = figure(action.max_fee_ppm)
            amount, source = figure(action.amount_sat), action.out_channel.scid
            return f"Recharger {action.in_channel.scid} de {amount} sat depuis {source}, au plus {ceiling} ppm"
        case LoopOut():
            return f"Gagner de la liquidité entrante : sortir {figure(action.amount_sat)} sat par un échange"
        case LoopIn():
            return f"Gagner de la liquidité sortante : faire entrer {figure(action.amount_sat)} sat par un échange"
    return _review(finding)


def _review(finding: Finding) -> str:
    words = REVIEWS.get(finding.rule) or NAMES.get(finding.rule) or finding.title
    return f"{words} : {finding.target}" if SCID.fullmatch(finding.target) else words


def _fee_title(scid: str, current: FeeTerms, new: FeeTerms) -> str:
    if new.fee_ppm != current.fee_ppm:
        verb = "Relever" if new.fee_ppm > current.fee_ppm else "Baisser"
        return f"{verb} les frais du canal {scid} de {figure(current.fee_ppm)} à {figure(new.fee_ppm)} ppm"
    if new.base_fee_msat != current.base_fee_msat:
        before, after = figure(current.base_fee_msat), figure(new.base_fee_msat)
        return f"Passer les frais de base du canal {scid} de {before} à {after} msat"
    before, after = figure(current.time_lock_delta), figure(new.time_lock_delta)
    return f"Passer le délai du canal {scid} de {before} à {after} blocs"


def _limits_title(action: SetHtlcLimits) -> str:
    scid = action.channel.scid
    if action.new_max_msat is not None:
        return f"Annoncer au plus {figure(action.new_max_msat // MSAT_PER_SAT)} sat par paiement sur le canal {scid}"
    smallest = figure((action.new_min_msat or 0) // MSAT_PER_SAT)
    return f"Accepter de petits paiements sur le canal {scid} : dès {smallest} sat"


def _explanation(finding: Finding) -> str:
    meaning = MEANINGS.get(finding.rule, "La règle a trouvé de quoi agir.")
    facts = " ; ".join(_fact(one) for one in finding.evidence[:MOST_FACTS])
    return f"{meaning} Constats : {facts}." if facts else meaning


def _fact(one: Evidence) -> str:
    if one.unit == "ratio" and isinstance(one.value, int | float):
        return f"{_label(one.label)} {figure(round(one.value * 100, 1))} %"
    label, unit = _label(one.label), UNITS.get(one.unit, one.unit)
    is_named = one.value is None or (len(unit) > 2 and unit in label)  # "canaux notés 10 canaux" says it twice
    return f"{label} {figure(one.value)} {'' if is_named else unit}".rstrip()


def _label(label: str) -> str:
    if label in LABELS:
        return LABELS[label]
    words, _, scid = label.rpartition(" ")
    return f"{LABELS[words]} {scid}" if SCID.fullmatch(scid) and words in LABELS else label


def _impact(impact: Impact | None) -> Impact | None:
    return None if impact is None else replace(impact, metric=METRICS.get(impact.metric, impact.metric))
