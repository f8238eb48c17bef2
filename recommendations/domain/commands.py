"""Print a typed action as commands for LND and Core Lightning, with the way back. Prints; never runs anything.

A part that only private data knows is named in the template instead of guessed, and such a line is never copyable.
"""

from collections.abc import Set
from dataclasses import dataclass

from recommendations.domain import command_text, policy_text
from recommendations.domain.actions import (
    Action,
    ActionKind,
    ChargeLndRule,
    CloseChannel,
    FeeTerms,
    Inspect,
    LoopIn,
    LoopOut,
    ManualStep,
    OpenChannel,
    Rebalance,
    SetChannelFee,
    SetHtlcLimits,
)
from recommendations.domain.command_text import Draft, PlatformDraft, ValueChange
from recommendations.domain.facts import NodeFacts
from recommendations.domain.grammar import Platform, Verdict, check
from recommendations.domain.limits import Limits, why_outside

__all__ = ["PlatformCommands", "RenderedCommands", "ValueChange", "Verdict", "check", "known_targets", "render"]


@dataclass(frozen=True, slots=True)
class PlatformCommands:
    """The lines for one node software. `command` is None where there is none: then `instead` says what to do.

    `is_checked` is true when every line passed the grammar; only then may `command` have a copy button.
    """

    platform: Platform
    command: str | None
    verify: str | None
    inverse: str | None
    prepare: tuple[str, ...] = ()
    is_checked: bool = False
    problem: str = ""
    instead: str = ""

    @property
    def is_copyable(self) -> bool:
        return self.is_checked and self.command is not None


@dataclass(frozen=True, slots=True)
class RenderedCommands:
    """One action as shown: both platforms, the values that change, and what cannot be undone at what cost."""

    kind: ActionKind
    lnd: PlatformCommands
    cln: PlatformCommands
    values: tuple[ValueChange, ...] = ()
    notes: tuple[str, ...] = ()
    cannot_undo: str | None = None
    undo_cost_sat: int | None = None
    file_text: str | None = None
    refused: str | None = None

    @property
    def is_checked(self) -> bool:
        return self.lnd.is_copyable or self.cln.is_copyable

    @property
    def has_checked_line(self) -> bool:
        """Whether any line may be copied: what does it, or what looks at it first."""
        return self.is_checked or self.lnd.is_checked or self.cln.is_checked


def known_targets(facts: NodeFacts) -> frozenset[str]:
    """Return every id a command for this node may name: channels, peers and candidates; never the node itself."""
    points = {channel.chan_point for channel in facts.channels if channel.chan_point}
    scids = {channel.scid for channel in facts.channels}
    keys = {channel.peer.pubkey for channel in facts.channels} | {one.pubkey for one in facts.candidates}
    return frozenset(points | scids | keys) - {facts.pubkey}


def render(action: Action, *, limits: Limits, known: Set[str]) -> RenderedCommands:
    """Return the commands of one action, each judged by the grammar. A change outside the limits is refused."""
    refusal = _why_refused(action, limits)
    if refusal is not None:
        return _refused(action.kind, refusal)
    draft = _draft(action, limits)
    bounds = limits.allowing(*_standing_terms(action))
    return RenderedCommands(
        kind=action.kind,
        lnd=_judged(Platform.LND, draft.lnd, known=known, limits=bounds),
        cln=_judged(Platform.CLN, draft.cln, known=known, limits=bounds),
        values=draft.values,
        notes=draft.notes,
        cannot_undo=draft.cannot_undo,
        undo_cost_sat=draft.undo_cost_sat,
        file_text=draft.file_text,
    )


def _draft(action: Action, limits: Limits) -> Draft:
    match action:
        case SetChannelFee():
            return policy_text.channel_fee(action, limits)
        case SetHtlcLimits():
            return policy_text.htlc_limits(action)
        case ChargeLndRule():
            return policy_text.charge_lnd_rule(action)
        case Inspect():
            return command_text.inspect(action)
        case ManualStep():
            return command_text.by_hand(action)
        case _:
            return _moving_draft(action)


def _moving_draft(action: OpenChannel | CloseChannel | Rebalance | LoopOut | LoopIn) -> Draft:
    match action:
        case OpenChannel():
            return command_text.open_channel(action)
        case CloseChannel():
            return command_text.close_channel(action)
        case Rebalance():
            return command_text.rebalance(action)
        case LoopOut():
            return command_text.loop_out(action)
        case LoopIn():
            return command_text.loop_in(action)


def _judged(platform: Platform, draft: PlatformDraft, *, known: Set[str], limits: Limits) -> PlatformCommands:
    lines = (*draft.prepare, *(line for line in (draft.command, draft.verify, draft.inverse) if line))
    verdicts = [check(line, known=known, limits=limits) for line in lines]
    problem = draft.missing or next((verdict.reason for verdict in verdicts if not verdict.is_allowed), "")
    return PlatformCommands(
        platform=platform,
        command=draft.command,
        verify=draft.verify,
        inverse=draft.inverse,
        prepare=draft.prepare,
        is_checked=bool(lines) and not problem,
        problem=problem,
        instead=draft.instead,
    )


def _standing_terms(action: Action) -> tuple[FeeTerms, ...]:
    match action:
        case SetChannelFee() | ChargeLndRule():
            return (action.current,)
        case SetHtlcLimits():
            return (action.terms,)
    return ()


def _why_refused(action: Action, limits: Limits) -> str | None:
    named = {action.target}
    match action:
        case SetChannelFee() | ChargeLndRule():
            problem = why_outside(action.current, action.new, limits=limits) or _why_no_way_back(action)
            named.add(action.channel.peer_pubkey)
        case SetHtlcLimits():
            problem = _why_htlc_is_wrong(action)
            named.add(action.channel.peer_pubkey)
        case Rebalance():
            problem = _why_rebalance_is_wrong(action, limits)
            named |= {action.out_channel.scid, action.out_channel.peer_pubkey, action.in_channel.peer_pubkey}
        case OpenChannel():
            is_inside = limits.min_open_sat <= action.amount_sat <= limits.max_open_sat
            problem = None if is_inside else f"{action.amount_sat:,} sat is not a channel size we print"
        case CloseChannel():
            problem = None
            named.add(action.channel.peer_pubkey)
        case LoopOut() | LoopIn() | Inspect() | ManualStep():
            return None
    return "the operator's blacklist holds this channel or peer" if named & limits.blacklist else problem


def _why_no_way_back(action: SetChannelFee | ChargeLndRule) -> str | None:
    """LND's command writes inbound discounts only: a surcharge that stands could not be restored."""
    before = (action.current.inbound_base_fee_msat or 0, action.current.inbound_fee_ppm or 0)
    after = (action.new.inbound_base_fee_msat or 0, action.new.inbound_fee_ppm or 0)
    is_surcharge = max(before) > 0 and before != after
    return "the present inbound fee is a surcharge, which no command could restore" if is_surcharge else None


def _why_htlc_is_wrong(action: SetHtlcLimits) -> str | None:
    if action.new_min_msat is None and action.new_max_msat is None:
        return "nothing to set"
    if action.new_max_msat is not None and action.new_max_msat > action.channel.capacity_sat * 1000:
        return "the largest HTLC is above the capacity"
    low = action.current_min_msat if action.new_min_msat is None else action.new_min_msat
    high = action.current_max_msat if action.new_max_msat is None else action.new_max_msat
    return "the smallest HTLC is above the largest" if low is not None and high is not None and low > high else None


def _why_rebalance_is_wrong(action: Rebalance, limits: Limits) -> str | None:
    smaller = min(action.out_channel.capacity_sat, action.in_channel.capacity_sat)
    if action.out_channel.peer_pubkey == action.in_channel.peer_pubkey:
        return "both channels lead to the same peer"
    if not limits.min_rebalance_sat <= action.amount_sat <= smaller * limits.max_rebalance_share:
        most = int(smaller * limits.max_rebalance_share)
        return f"{action.amount_sat:,} sat is outside {limits.min_rebalance_sat:,} to {most:,} sat"
    if action.max_fee_sat > action.amount_sat * limits.max_rebalance_cost_percent / 100:
        return f"a cost of {action.max_fee_sat:,} sat is above {limits.max_rebalance_cost_percent:g} % of the amount"
    return None


def _refused(kind: ActionKind, reason: str) -> RenderedCommands:
    lnd, cln = (PlatformCommands(one, None, None, None, problem=reason, instead=reason) for one in Platform)
    return RenderedCommands(kind, lnd, cln, refused=reason)
