"""Every printed command parses as the manuals say, names only what is the node's, and can be taken back or says not."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.actions import ChannelRef, FeeTerms, SetChannelFee, SetHtlcLimits
from recommendations.domain.advice import Reversibility
from recommendations.domain.commands import PlatformCommands, RenderedCommands, known_targets, render
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.limits import Limits
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.scoring import Weights
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT, key, point
from tests.recommendations.domain.spec_grammar import Line, NotInGrammarError, applied, read

CHANNEL = ChannelRef("800001x1x0", point(1), key(1), 5_000_000)
KNOWN = frozenset({CHANNEL.scid, point(1), key(1)})
LOCK_NOTE = "LND accepts a time lock"


def advice(facts: NodeFacts, *, lang: str = "en") -> tuple[ScoredRecommendation, ...]:
    return recommend(facts, examine(facts), Weights(), at=AT, lang=lang)


def sides(item: ScoredRecommendation) -> tuple[PlatformCommands, ...]:
    return () if item.commands is None else (item.commands.lnd, item.commands.cln)


def lines(side: PlatformCommands) -> Iterator[str]:
    """Yield what may be copied: all lines when all were checked, else none."""
    if side.is_checked:
        yield from (*side.prepare, *(one for one in (side.command, side.verify, side.inverse) if one))


@pytest.mark.parametrize("build", [*scenarios.ALL, scenarios.huge], ids=lambda build: build.__name__)
def test_every_printed_line_parses_and_names_only_what_the_node_has(build: Callable[[], NodeFacts]) -> None:
    facts = build()
    targets = known_targets(facts) - {facts.pubkey}

    for item in (*advice(facts), *advice(facts, lang="fr")):
        for side in sides(item):
            for text in lines(side):
                line = read(text)
                assert line.targets <= targets, text
                assert not line.is_policy or line.targets, text


@pytest.mark.parametrize("build", [*scenarios.ALL, scenarios.huge], ids=lambda build: build.__name__)
def test_what_acts_can_be_taken_back_or_says_at_what_cost_not(build: Callable[[], NodeFacts]) -> None:
    for item in advice(build()):
        if item.commands is None or item.reversibility is Reversibility.NOTHING_CHANGES or not item.needs_command:
            continue
        acting = [side for side in sides(item) if side.is_copyable]
        taken_back = [side for side in acting if side.inverse]
        if item.reversibility is Reversibility.REVERSIBLE:
            assert acting == taken_back, item.title
        else:
            assert item.commands.cannot_undo, item.title
            assert taken_back == []
            assert "cost" in item.commands.cannot_undo or item.commands.undo_cost_sat is not None


fees = st.builds(
    FeeTerms,
    base_fee_msat=st.integers(0, 20_000),
    fee_ppm=st.integers(0, 20_000),
    time_lock_delta=st.integers(1, 4_100),
)
discounts = st.one_of(
    st.just((None, None)), st.tuples(st.integers(-20_000, 0), st.integers(-20_000, 0)), st.just((5, 50))
)


@st.composite
def fee_changes(draw: st.DrawFn) -> SetChannelFee:
    before, after = draw(fees), draw(fees)
    old, new = draw(discounts), draw(discounts)
    current = FeeTerms(before.base_fee_msat, before.fee_ppm, before.time_lock_delta, *old)
    near = draw(st.integers(-60, 60)) + current.fee_ppm
    return SetChannelFee(CHANNEL, current, FeeTerms(after.base_fee_msat, max(near, 0), after.time_lock_delta, *new))


def policy_of(terms: FeeTerms) -> dict[str, int]:
    inbound = {"in_base": terms.inbound_base_fee_msat or 0, "in_ppm": terms.inbound_fee_ppm or 0}
    standing = {"base": terms.base_fee_msat, "ppm": terms.fee_ppm, "lock": terms.time_lock_delta}
    return {**standing, "min": 1_000, "max": 4_000_000_000, **inbound}


def restored(shown: RenderedCommands, side: PlatformCommands, policy: dict[str, int]) -> dict[str, int]:
    """Return the policy after command and undo; LND cannot write a lock outside its bounds, and must say so."""
    there, back = read(side.command or ""), read(side.inverse or "")
    assert there.targets == back.targets
    after = applied(back, applied(there, policy))
    if not 24 <= policy["lock"] <= 2016 and side is shown.lnd:
        assert any(note.startswith(LOCK_NOTE) for note in shown.notes)
        after["lock"] = policy["lock"]
    return after


@given(fee_changes())
@settings(max_examples=250, deadline=None)
def test_the_undo_of_a_fee_change_restores_the_old_values(action: SetChannelFee) -> None:
    shown = render(action, limits=Limits(), known=KNOWN)
    policy = policy_of(action.current)

    for side in (shown.lnd, shown.cln):
        if side.is_copyable:
            assert restored(shown, side, policy) == policy
    if shown.lnd.is_copyable:
        now = applied(read(shown.lnd.command or ""), policy)
        assert (now["base"], now["ppm"]) == (action.new.base_fee_msat, action.new.fee_ppm)


@st.composite
def limit_changes(draw: st.DrawFn) -> SetHtlcLimits:
    amounts = st.integers(0, 4_000_000_000)
    return SetHtlcLimits(
        CHANNEL,
        draw(fees),
        current_min_msat=draw(st.none() | st.just(1_000)),
        current_max_msat=draw(st.none() | st.just(4_000_000_000)),
        new_min_msat=draw(st.none() | amounts),
        new_max_msat=draw(st.none() | amounts),
    )


@given(limit_changes())
@settings(max_examples=150, deadline=None)
def test_the_undo_of_limits_restores_them_where_they_were_known(action: SetHtlcLimits) -> None:
    shown = render(action, limits=Limits(), known=KNOWN)
    policy = policy_of(action.terms)

    for side in (shown.lnd, shown.cln):
        if side.is_copyable and side.inverse:
            assert restored(shown, side, policy) == policy
        elif side.is_copyable:
            assert shown.cannot_undo


@pytest.mark.parametrize(
    "text",
    [
        "lncli updatechanpolicy --base_fee_msat 0 --fee_rate_ppm 5 --time_lock_delta 40",  # would hit every channel
        f"lncli updatechanpolicy --base_fee_msat 0 --fee_rate_ppm 5 --time_lock_delta 18 --chan_point {point(1)}",
        f"lncli closechannel --chan_point {point(1)} --force",
        "lncli closeallchannels",
        "lightning-cli -k setchannel id=all feeppm=5",
        "lightning-cli -k close id=800001x1x0",  # closes by itself after two days
        f"lightning-cli -k fundchannel id={key(1)} amount=500000 push_msat=1",
        f"bos rebalance --out {key(1)} --in {key(2)} --amount 500000 --max-fee 5",  # each limit alone is misread
        "loop out --amt 500000; rm -rf /",
    ],
)
def test_the_reader_itself_refuses_what_the_manuals_warn_of(text: str) -> None:
    with pytest.raises(NotInGrammarError):
        read(text)


def test_the_reader_tells_targets_of_numeric_ids() -> None:
    assert read(f"lncli getchaninfo --chan_id {(800001 << 40) | (1 << 16)}") == Line(
        ("lncli", "getchaninfo"), {"--chan_id": str((800001 << 40) | (1 << 16))}
    )
    assert read(f"lncli getchaninfo --chan_id {(800001 << 40) | (1 << 16)}").targets == {"800001x1x0"}
