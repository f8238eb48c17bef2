"""Rule 6: how long until one side of a channel runs dry at the net flow of the last 14 days? LIGHTNING 7.6.

Our side dry: raise the fee, so that what is left is sold dearer. The peer's side dry: lower it, so that flow returns.
"""

from dataclasses import dataclass

from recommendations.domain.advice import Category, Finding, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, gain_of_raise, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import flow_of, per_30_days
from recommendations.domain.findings.rule import (
    Need,
    Rule,
    ThresholdSpec,
    at_most,
    counted,
    insufficient,
    neediest,
)
from recommendations.domain.findings.witness import Witness

WINDOW_DAYS = 14
CONFIDENCE = 0.65
TOPICS = ("channel depletion", "liquidity", "rebalancing", "fee rate")


@dataclass(frozen=True, slots=True)
class Drain:
    """How fast one side runs out, and the fee step that answers it."""

    channel: ChannelFacts
    policy: PolicyFacts
    flow: FlowFacts
    stock_sat: int
    daily_sat: float
    days: float
    is_ours: bool
    step: FeeStep


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels that run dry within the threshold, the soonest first."""
    missing = _missing(facts)
    if missing:
        return insufficient(RULE, facts, *missing) if facts.channels else ()
    drains = [drain for pair in priced_peers(facts) if (drain := _drain(*pair, facts, thresholds)) is not None]
    drains.sort(key=lambda drain: (drain.days, drain.channel.scid))
    kept, left_out = neediest(drains, thresholds)
    found = (finding_of(RULE, _case(drain, facts, thresholds), facts, thresholds) for drain in kept)
    return counted(found, left_out=left_out)


def _missing(facts: NodeFacts) -> tuple[str, ...]:
    privates = [channel.private for channel in facts.channels if channel.private is not None]
    has_balance = any(one.local_sat is not None for one in privates)
    has_flow = any(one.flow is not None for one in privates)
    return tuple(need for need, has in ((Need.BALANCES, has_balance), (Need.FORWARDS, has_flow)) if not has)


def _drain(channel: ChannelFacts, policy: PolicyFacts, facts: NodeFacts, thresholds: Thresholds) -> Drain | None:
    private, flow = channel.private, flow_of(channel)
    if private is None or flow is None or private.local_sat is None or private.remote_sat is None:
        return None
    if flow.out_count + flow.in_count < thresholds["min_forwards"]:
        return None
    daily = (flow.out_14d_sat - flow.in_14d_sat) / WINDOW_DAYS
    stock = private.local_sat if daily > 0 else private.remote_sat
    if daily == 0 or stock / abs(daily) >= thresholds["warn_days"]:
        return None
    factor = 1 + thresholds["raise_percent"] / 100 if daily > 0 else 1 - thresholds["cut_percent"] / 100
    step = fee_step(
        policy, wanted_ppm=policy.fee_ppm * factor, at=facts.judged_at, thresholds=thresholds, bounds=channel.bounds
    )
    if step is None:
        return None
    return Drain(channel, policy, flow, stock, abs(daily), stock / abs(daily), daily > 0, step)


def _case(drain: Drain, facts: NodeFacts, thresholds: Thresholds) -> FeeCase:
    witness, flow = Witness(RULE.slug, facts, drain.channel), drain.flow
    return FeeCase(
        channel=drain.channel,
        policy=drain.policy,
        step=drain.step,
        why=_why(drain),
        evidence=(
            own_fee(witness, drain.policy),
            witness.private("stock_sat", f"{'our' if drain.is_ours else 'the peer'}'s balance", drain.stock_sat, "sat"),
            witness.private("out_14d_sat", "forwarded out in 14 days", flow.out_14d_sat, "sat"),
            witness.private("in_14d_sat", "forwarded in, 14 days", flow.in_14d_sat, "sat"),
            witness.private("daily_net_sat", "mean daily net flow", drain.daily_sat, "sat", digits=0),
            witness.private("days_left", "days until it runs dry", drain.days, "days", digits=1),
        ),
        severity=Severity.HIGH if drain.is_ours and drain.days < thresholds["urgent_days"] else Severity.MEDIUM,
        confidence=CONFIDENCE,
        threshold=f"dry in less than {thresholds['warn_days']:g} days at the net flow of {WINDOW_DAYS} days",
        window_days=WINDOW_DAYS,
        gain=gain_of_raise(drain.step, out_sat_30d=per_30_days(flow.out_sat, flow)) if drain.is_ours else None,
        topics=TOPICS,
        days_to_effect=2,
    )


def _why(drain: Drain) -> str:
    pace = f"{drain.daily_sat:,.0f} sat a day net over {WINDOW_DAYS} days leave {drain.days:.1f} days"
    if drain.is_ours:
        return (
            f"{drain.stock_sat:,} sat are left on our side; {pace}. An empty channel fails every forward. A higher fee"
            " slows the outflow and sells what is left dearer; a refill is judged by the rebalance rule."
        )
    return (
        f"{drain.stock_sat:,} sat are left on the peer's side; {pace} until nothing more can come in."
        " A lower outgoing fee invites flow back out."
    )


RULE = Rule(
    slug="days_to_depletion",
    number=6,
    title="Days to depletion",
    category=Category.LIQUIDITY,
    summary="Divides what is left on the draining side of a channel by its mean daily net flow of 14 days.",
    thresholds=(
        ThresholdSpec("warn_days", 7, "days", "Warn when a side runs dry sooner"),
        ThresholdSpec("urgent_days", 3, "days", "Our side dry sooner than this is urgent"),
        ThresholdSpec("raise_percent", 25, "%", "Raise to slow an outflow"),
        ThresholdSpec("cut_percent", 25, "%", "Cut to invite flow back out"),
        at_most(),
    ),
    needs=(Need.POLICIES, Need.BALANCES, Need.FORWARDS),
    find=find,
)
