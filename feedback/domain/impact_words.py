"""Say in words what was measured, against what, and what is lacking. Pure."""

from feedback.domain.comparable import Against
from feedback.domain.impact import Impact
from feedback.domain.verdicts import Judgment, Verdict, percent_of

UNTOUCHED = {Against.CHANNELS: "untouched", Against.NODES: "comparable nodes"}
OTHERS = {Against.CHANNELS: "the node's other channels", Against.NODES: "comparable nodes"}
COMPARED = {Against.CHANNELS: "untouched channels", Against.NODES: "comparable nodes"}
ONE = {Against.CHANNELS: "One channel", Against.NODES: "One node"}


def explanation(impact: Impact, judgment: Judgment, *, against: Against, lack: str = "") -> str:
    """Return what was found, each part with what it was compared with; `lack` says why nothing could be."""
    return " ".join(part for part in (_score(impact, against), _verdict(judgment, against), lack) if part)


def _score(impact: Impact, against: Against) -> str:
    if impact.net_effect is None:
        missing = ", ".join(effect.metric.value.replace("_", " ") for effect in impact.effects if effect.effect is None)
        return f"Not known: {missing} could not be compared with {COMPARED[against]} over this window."
    parts = [
        f"{effect.metric.value.replace('_', ' ')} {effect.effect:+.2f} against {effect.control_count} "
        f"{UNTOUCHED[against]}"
        for effect in impact.effects
        if effect.effect is not None
    ]
    return f"Net effect {impact.net_effect:+.2f} of 1: {'; '.join(parts)}. {ONE[against]}: a noisy measure."


def _verdict(judgment: Judgment, against: Against) -> str:
    if judgment.effect is None or judgment.low is None or judgment.high is None:
        return ""
    low, high = percent_of(judgment.low), percent_of(judgment.high)
    said = f"Forwards {percent_of(judgment.effect)} against {OTHERS[against]} (90 %: {low} to {high})"
    counts = f"{judgment.events_before:g} before and {judgment.events_after:g} after"
    if judgment.verdict is Verdict.INCONCLUSIVE:
        return f"{said}: {judgment.verdict}, from {counts}; {judgment.events_needed:g} in each window would tell."
    return f"{said}: {judgment.verdict}, from {counts}."
