"""The words of commands that write a channel's policy, before they are judged: fees, limits, a charge-lnd section."""

from dataclasses import replace

from recommendations.domain.actions import ChannelRef, ChargeLndRule, FeeTerms, SetChannelFee, SetHtlcLimits
from recommendations.domain.command_forms import CONFIG_FILE
from recommendations.domain.command_text import (
    CHANNEL_POINT_MISSING,
    NO_CHANNEL_POINT,
    Draft,
    PlatformDraft,
    ValueChange,
    cln_look,
    find_point,
)
from recommendations.domain.limits import LND_HIGHEST_TIME_LOCK, LND_LOWEST_TIME_LOCK, Limits
from recommendations.domain.units import channel_id_from_scid

KEEP_OLD_FEE_S = 600  # Core Lightning honors the old, cheaper fee this long after a raise


def channel_fee(action: SetChannelFee, limits: Limits) -> Draft:
    current, new = action.current, action.new
    back = _policy_flags(_restoring(current, new), other=new)
    lnd = _lnd_policy(action.channel, _policy_flags(new, other=current), back)
    values = (
        ValueChange("base_fee_msat", "msat", current.base_fee_msat, new.base_fee_msat),
        ValueChange("fee_ppm", "ppm", current.fee_ppm, new.fee_ppm),
        ValueChange("time_lock_delta", "blocks", current.time_lock_delta, new.time_lock_delta),
        ValueChange("inbound_base_fee_msat", "msat", current.inbound_base_fee_msat, new.inbound_base_fee_msat),
        ValueChange("inbound_fee_ppm", "ppm", current.inbound_fee_ppm, new.inbound_fee_ppm),
    )
    notes = (*_time_lock_notes(current, new), *_inbound_notes(new), _pace(limits))
    return Draft(lnd, _cln_fee(action), tuple(value for value in values if _is_shown(value)), notes)


def htlc_limits(action: SetHtlcLimits) -> Draft:
    flags, cln_words = _htlc_words(action.new_min_msat, action.new_max_msat)
    back_flags, cln_back = _htlc_words(
        action.current_min_msat if action.new_min_msat is not None else None,
        action.current_max_msat if action.new_max_msat is not None else None,
    )
    knows_old = _knows_old_limits(action)
    terms = _policy_flags(action.terms)
    lnd = _lnd_policy(action.channel, terms, terms, extra=flags, extra_back=back_flags)
    prefix = f"lightning-cli -k setchannel id={action.channel.scid}"
    cln = PlatformDraft(prefix + cln_words, cln_look(action.channel), prefix + cln_back)
    values = (
        ValueChange("min_htlc_msat", "msat", action.current_min_msat, action.new_min_msat),
        ValueChange("max_htlc_msat", "msat", action.current_max_msat, action.new_max_msat),
    )
    changed = tuple(value for value in values if value.new is not None)
    notes = _time_lock_notes(action.terms, action.terms)
    if knows_old:
        return Draft(lnd, cln, changed, notes)
    unknown = "The earlier limit is not known, so no undo command is printed. Note it before changing it."
    return Draft(replace(lnd, inverse=None), replace(cln, inverse=None), changed, notes, unknown)


def charge_lnd_rule(action: ChargeLndRule) -> Draft:
    section = "\n".join(
        (
            f"[lnrag-{action.channel.scid}]",
            f"chan.id = {action.channel.scid}",
            "strategy = static",
            f"base_fee_msat = {action.new.base_fee_msat}",
            f"fee_ppm = {action.new.fee_ppm}",
            f"time_lock_delta = {_lnd_lock(action.new.time_lock_delta)}",
            f"min_fee_ppm_delta = {action.min_change_ppm}",
        )
    )
    lnd = PlatformDraft(
        f"charge-lnd -c {CONFIG_FILE}", "lncli feereport", prepare=(f"charge-lnd -c {CONFIG_FILE} --dry-run",)
    )
    values = (ValueChange("fee_ppm", "ppm", action.current.fee_ppm, action.new.fee_ppm),)
    notes = (f"Save the section as {CONFIG_FILE}, above general sections: the first match wins.",)
    words = f"To undo, write fee_ppm = {action.current.fee_ppm} in the section and run it again."
    return Draft(lnd, PlatformDraft(instead="charge-lnd speaks to LND only."), values, notes, words, 0, section)


def _lnd_policy(channel: ChannelRef, flags: str, back: str, *, extra: str = "", extra_back: str = "") -> PlatformDraft:
    target = f" --chan_point {channel.chan_point or NO_CHANNEL_POINT}"
    return PlatformDraft(
        f"lncli updatechanpolicy{flags}{target}{extra}",
        f"lncli getchaninfo --chan_id {channel_id_from_scid(channel.scid)}",
        f"lncli updatechanpolicy{back}{target}{extra_back}",
        prepare=find_point(channel),
        missing="" if channel.chan_point else CHANNEL_POINT_MISSING,
    )


def _policy_flags(terms: FeeTerms, *, other: FeeTerms | None = None) -> str:
    """Return the flags of these terms. The inbound pair goes along where it, or what it replaces, is a discount."""
    flags = (
        f" --base_fee_msat {terms.base_fee_msat} --fee_rate_ppm {terms.fee_ppm}"
        f" --time_lock_delta {_lnd_lock(terms.time_lock_delta)}"
    )
    is_written = terms.has_discount or (other is not None and other.has_discount)
    base, ppm = terms.inbound_base_fee_msat or 0, terms.inbound_fee_ppm or 0
    if not is_written or base > 0 or ppm > 0:
        return flags
    return f"{flags} --inbound_base_fee_msat {base} --inbound_fee_rate_ppm {ppm}"


def _restoring(current: FeeTerms, new: FeeTerms) -> FeeTerms:
    """Return the old terms; a discount that did not stand is restored as 0: leaving it out would keep it."""
    if current.has_discount or not new.has_discount:
        return current
    return replace(current, inbound_base_fee_msat=0, inbound_fee_ppm=0)


def _cln_fee(action: SetChannelFee) -> PlatformDraft:
    scid, current, new = action.channel.scid, action.current, action.new
    if (current.base_fee_msat, current.fee_ppm) == (new.base_fee_msat, new.fee_ppm):
        wanted = f"Set cltv-delta={new.time_lock_delta} in the configuration and restart; it holds for every channel."
        return PlatformDraft(instead=wanted)
    prefix = f"lightning-cli -k setchannel id={scid}"
    return PlatformDraft(
        f"{prefix} feebase={new.base_fee_msat} feeppm={new.fee_ppm}",
        cln_look(action.channel),
        f"{prefix} feebase={current.base_fee_msat} feeppm={current.fee_ppm}",
    )


def _htlc_words(low_msat: int | None, high_msat: int | None) -> tuple[str, str]:
    lnd = "" if low_msat is None else f" --min_htlc_msat {low_msat}"
    cln = "" if low_msat is None else f" htlcmin={low_msat}"
    if high_msat is not None:
        lnd, cln = f"{lnd} --max_htlc_msat {high_msat}", f"{cln} htlcmax={high_msat}"
    return lnd, cln


def _knows_old_limits(action: SetHtlcLimits) -> bool:
    return not (
        (action.new_min_msat is not None and action.current_min_msat is None)
        or (action.new_max_msat is not None and action.current_max_msat is None)
    )


def _lnd_lock(blocks: int) -> int:
    return min(max(blocks, LND_LOWEST_TIME_LOCK), LND_HIGHEST_TIME_LOCK)


def _time_lock_notes(current: FeeTerms, new: FeeTerms) -> tuple[str, ...]:
    if (
        _lnd_lock(new.time_lock_delta) == new.time_lock_delta
        and _lnd_lock(current.time_lock_delta) == current.time_lock_delta
    ):
        return ()
    return (
        f"LND accepts a time lock of {LND_LOWEST_TIME_LOCK} to {LND_HIGHEST_TIME_LOCK} blocks: the present"
        f" {current.time_lock_delta} is written as {_lnd_lock(current.time_lock_delta)}, also by the undo command.",
    )


def _inbound_notes(new: FeeTerms) -> tuple[str, ...]:
    return (
        ()
        if not new.inbound_fee_ppm
        else ("Core Lightning has no inbound fees: its command sets the outbound fee only.",)
    )


def _pace(limits: Limits) -> str:
    a_day, on_one, apart = limits.changes_per_day, limits.changes_per_channel_per_day, limits.minutes_between_changes
    return (
        f"At most {a_day} changes a day on the node, {on_one} on one channel, {apart} minutes apart."
        f" Core Lightning honors the old, lower fee {KEEP_OLD_FEE_S} s more."
    )


def _is_shown(value: ValueChange) -> bool:
    return not value.name.startswith("inbound") or value.current != value.new
