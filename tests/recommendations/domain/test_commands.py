"""What is printed for each action on each platform, how it is undone, and when it is refused or left incomplete."""

from dataclasses import replace

import pytest

from recommendations.domain.actions import (
    ChannelRef,
    ChargeLndRule,
    CloseChannel,
    FeeTerms,
    Inspect,
    Look,
    LoopIn,
    LoopOut,
    ManualStep,
    OpenChannel,
    Rebalance,
    SetChannelFee,
    SetHtlcLimits,
)
from recommendations.domain.commands import known_targets, render
from recommendations.domain.limits import Limits
from tests.recommendations.domain.factories import OWN_KEY, candidate, channel, key, node, point

ONE, TWO = ChannelRef.of(channel(1)), ChannelRef.of(channel(2))
BLIND = replace(ONE, chan_point=None)
TERMS = FeeTerms(1_000, 400, 80)
KNOWN = known_targets(node(channel(1), channel(2), candidates=(candidate(500),)))
CHAN_ID = (800_001 << 40) | (1 << 16)


def rendered(action, limits=None):
    return render(action, limits=limits or Limits(), known=KNOWN)


def test_a_fee_goes_with_base_and_time_lock_and_comes_back_the_same_way():
    shown = rendered(SetChannelFee(ONE, TERMS, replace(TERMS, fee_ppm=300)))

    prefix = "lncli updatechanpolicy --base_fee_msat 1000 --fee_rate_ppm"
    assert shown.lnd.command == f"{prefix} 300 --time_lock_delta 80 --chan_point {point(1)}"
    assert shown.lnd.inverse == f"{prefix} 400 --time_lock_delta 80 --chan_point {point(1)}"
    assert shown.lnd.verify == f"lncli getchaninfo --chan_id {CHAN_ID}"
    assert shown.cln.command == "lightning-cli -k setchannel id=800001x1x0 feebase=1000 feeppm=300"
    assert shown.cln.inverse == "lightning-cli -k setchannel id=800001x1x0 feebase=1000 feeppm=400"
    assert shown.lnd.is_copyable
    assert shown.cln.is_copyable
    assert [(value.name, value.current, value.new) for value in shown.values] == [
        ("base_fee_msat", 1_000, 1_000),
        ("fee_ppm", 400, 300),
        ("time_lock_delta", 80, 80),
    ]


def test_without_a_channel_point_lnd_gets_a_template_that_cannot_be_copied():
    shown = rendered(SetChannelFee(BLIND, TERMS, replace(TERMS, fee_ppm=300)))

    assert shown.lnd.command is not None
    assert shown.lnd.command.endswith("--chan_point <chan_point unknown: public data only>")
    assert not shown.lnd.is_copyable
    assert shown.lnd.problem
    assert shown.lnd.prepare == (f"lncli getchaninfo --chan_id {CHAN_ID}",)
    assert shown.cln.is_copyable


@pytest.mark.parametrize(("lock", "written"), [(18, 24), (23, 24), (24, 24), (80, 80), (2_016, 2_016), (4_032, 2_016)])
def test_a_time_lock_lnd_refuses_is_clamped_and_said_so(lock, written):
    terms = replace(TERMS, time_lock_delta=lock)

    shown = rendered(SetChannelFee(ONE, terms, replace(terms, fee_ppm=300)))

    assert f"--time_lock_delta {written} " in (shown.lnd.command or "")
    assert f"--time_lock_delta {written} " in (shown.lnd.inverse or "")
    assert shown.lnd.is_copyable
    assert any(f"{lock} is written as {written}" in note for note in shown.notes) is (lock != written)


def test_an_undo_may_restore_a_fee_above_the_limits():
    terms = replace(TERMS, fee_ppm=50_000)

    shown = rendered(SetChannelFee(ONE, terms, replace(terms, fee_ppm=25_000)), Limits(max_fee_ppm=30_000))

    assert "--fee_rate_ppm 50000" in (shown.lnd.inverse or "")
    assert shown.lnd.is_checked


@pytest.mark.parametrize(
    ("new", "word"),
    [
        ({"fee_ppm": 601}, "step"),
        ({"fee_ppm": 199}, "step"),
        ({"base_fee_msat": 10_001}, "base fee"),
        ({"time_lock_delta": 23}, "time lock"),
        ({"time_lock_delta": 145}, "time lock"),
        ({"inbound_base_fee_msat": 0}, "pair"),
        ({"inbound_base_fee_msat": 0, "inbound_fee_ppm": 5}, "discount"),
        ({"inbound_base_fee_msat": 0, "inbound_fee_ppm": -401}, "above the outbound"),
        ({"inbound_base_fee_msat": -1_001, "inbound_fee_ppm": 0}, "above the outbound"),
    ],
)
def test_a_change_outside_the_limits_is_refused_in_words(new, word):
    shown = rendered(SetChannelFee(ONE, TERMS, replace(TERMS, **new)))

    assert shown.refused is not None
    assert word in shown.refused
    assert shown.lnd.command is None
    assert not shown.is_checked


@pytest.mark.parametrize(
    "new", [{"fee_ppm": 600}, {"fee_ppm": 200}, {"base_fee_msat": 10_000}, {"time_lock_delta": 144}]
)
def test_the_limits_themselves_are_allowed(new):
    assert rendered(SetChannelFee(ONE, TERMS, replace(TERMS, **new))).lnd.is_copyable


def test_an_inbound_discount_goes_as_a_pair_and_is_undone_with_zero():
    new = replace(TERMS, inbound_base_fee_msat=0, inbound_fee_ppm=-100)

    shown = rendered(SetChannelFee(ONE, TERMS, new))

    assert (shown.lnd.command or "").endswith(
        f"--inbound_base_fee_msat 0 --inbound_fee_rate_ppm -100 --chan_point {point(1)}"
    )
    assert "--inbound_base_fee_msat 0 --inbound_fee_rate_ppm 0" in (shown.lnd.inverse or "")
    assert any("no inbound fees" in note for note in shown.notes)


def test_an_inbound_discount_shrinks_with_a_lower_outbound_fee():
    terms = replace(TERMS, fee_ppm=100, inbound_base_fee_msat=0, inbound_fee_ppm=-100)

    shown = rendered(SetChannelFee(ONE, terms, terms.priced(fee_ppm=60)))

    assert "--inbound_fee_rate_ppm -60" in (shown.lnd.command or "")
    assert "--inbound_fee_rate_ppm -100" in (shown.lnd.inverse or "")


@pytest.mark.parametrize("inbound", [(None, None), (0, 0), (0, 50)])
def test_an_inbound_fee_that_is_no_discount_is_left_out_and_stays_as_it_is(inbound):
    terms = replace(TERMS, inbound_base_fee_msat=inbound[0], inbound_fee_ppm=inbound[1])

    shown = rendered(SetChannelFee(ONE, terms, terms.priced(fee_ppm=300)))

    assert "inbound" not in f"{shown.lnd.command} {shown.lnd.inverse}"
    assert shown.lnd.is_copyable


def test_a_time_lock_alone_is_a_configuration_on_core_lightning():
    shown = rendered(SetChannelFee(ONE, TERMS, replace(TERMS, time_lock_delta=40)))

    assert shown.cln.command is None
    assert "cltv-delta=40" in shown.cln.instead


def test_htlc_limits_repeat_the_fee_terms_on_lnd_and_only_change_what_is_asked():
    shown = rendered(SetHtlcLimits(ONE, TERMS, 1_000, 4_000_000_000, new_max_msat=2_000_000_000))

    assert (shown.lnd.command or "").endswith(f"--chan_point {point(1)} --max_htlc_msat 2000000000")
    assert (shown.lnd.inverse or "").endswith("--max_htlc_msat 4000000000")
    assert shown.cln.command == "lightning-cli -k setchannel id=800001x1x0 htlcmax=2000000000"
    assert shown.lnd.is_copyable


def test_an_unknown_earlier_limit_has_no_undo_and_says_so():
    shown = rendered(SetHtlcLimits(ONE, TERMS, None, None, new_max_msat=2_000_000_000))

    assert shown.lnd.inverse is None
    assert "not known" in (shown.cannot_undo or "")


def test_opening_prints_no_gift_and_names_the_cost_of_going_back():
    shown = rendered(OpenChannel(key(500), 2_000_000, 4, 616))

    assert shown.lnd.command == f"lncli openchannel --node_key {key(500)} --local_amt 2000000 --sat_per_vbyte 4"
    assert shown.cln.command == f"lightning-cli -k fundchannel id={key(500)} amount=2000000 feerate=4000perkb"
    assert shown.lnd.inverse is None
    assert "cannot be undone" in (shown.cannot_undo or "")
    assert shown.undo_cost_sat == 169 * 4
    assert shown.lnd.is_copyable
    assert shown.cln.is_copyable


def test_closing_is_never_forced():
    shown = rendered(CloseChannel(ONE, 4, 676))

    assert shown.lnd.command == f"lncli closechannel --chan_point {point(1)} --sat_per_vbyte 4"
    assert shown.cln.command == "lightning-cli -k close id=800001x1x0 unilateraltimeout=0"
    assert "force" not in f"{shown.lnd} {shown.cln}".lower()
    assert shown.cannot_undo


def test_a_rebalance_prints_both_fee_limits_and_no_command_for_core_lightning():
    shown = rendered(Rebalance(TWO, ONE, 1_000_000, 130, 130))

    assert shown.lnd.command == (
        f"bos rebalance --out {key(2)} --in {key(1)} --amount 1000000 --max-fee 130 --max-fee-rate 130"
    )
    assert shown.cln.command is None
    assert "1,000,000 sat" in shown.cln.instead


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"amount_sat": 99_999}, "outside"),
        ({"amount_sat": 2_500_001}, "outside"),
        ({"max_fee_sat": 5_001}, "above"),
        ({"in_channel": TWO}, "same peer"),
    ],
)
def test_a_rebalance_outside_the_limits_is_refused(changes, word):
    action = replace(Rebalance(TWO, ONE, 1_000_000, 130, 130), **changes)

    assert word in (rendered(action).refused or "")


def test_swaps_ask_for_a_quote_first():
    out = rendered(LoopOut(OWN_KEY, 1_000_000, ("800001x1x0",), 5_000))
    back = rendered(LoopIn(OWN_KEY, 1_000_000))

    assert out.lnd.prepare == ("loop terms", "loop quote out 1000000")
    assert out.lnd.command == f"loop out --amt 1000000 --channel {CHAN_ID} --max_swap_routing_fee 5000"
    assert back.lnd.command == "loop in --amt 1000000"
    assert out.lnd.is_copyable
    assert out.cln.command is None


def test_a_charge_lnd_section_is_a_file_with_a_dry_run_first():
    shown = rendered(ChargeLndRule(ONE, TERMS, replace(TERMS, fee_ppm=300)))

    assert "chan.id = 800001x1x0" in (shown.file_text or "")
    assert "fee_ppm = 300" in (shown.file_text or "")
    assert shown.lnd.prepare == ("charge-lnd -c recommendation.config --dry-run",)
    assert shown.lnd.is_copyable


@pytest.mark.parametrize("look", list(Look))
def test_every_look_reads_only_and_is_checked(look):
    shown = rendered(Inspect("800001x1x0", look, ONE))

    assert shown.lnd.is_copyable
    assert shown.cln.is_copyable
    assert shown.lnd.inverse is None


def test_a_manual_step_has_words_and_no_command():
    shown = rendered(ManualStep(OWN_KEY, "Buy a battery."))

    assert shown.lnd.instead == "Buy a battery."
    assert not shown.is_checked


@pytest.mark.parametrize("blocked", [ONE.scid, key(1)])
def test_the_blacklist_holds_for_channel_and_peer(blocked):
    limits = Limits(blacklist=frozenset({blocked}))

    assert rendered(SetChannelFee(ONE, TERMS, replace(TERMS, fee_ppm=300)), limits).refused
    assert rendered(CloseChannel(ONE), limits).refused
    assert rendered(Rebalance(TWO, ONE, 1_000_000, 130, 130), limits).refused


def test_a_target_that_is_not_in_the_snapshot_is_never_copyable():
    stranger = ChannelRef.of(channel(9))

    shown = rendered(SetChannelFee(stranger, TERMS, replace(TERMS, fee_ppm=300)))

    assert not shown.lnd.is_checked
    assert not shown.cln.is_checked
    assert "known targets" in shown.lnd.problem


def test_known_targets_never_hold_the_node_itself():
    assert OWN_KEY not in known_targets(node(channel(1)))
