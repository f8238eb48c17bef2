"""Verdicts with their uncertainty: rates over many simulated channels with fixed seeds, printed with -s."""

import math

import numpy as np
import pytest

from feedback.domain.verdicts import (
    Judgment,
    Tally,
    Verdict,
    dispersion_of,
    events_needed,
    judge,
    percent_of,
    pool,
)

RUNS = 2_000  # of those without an effect
FANO = 5.0
CERTAIN = {Verdict.HELPED, Verdict.HARMED}


def weekly(rng: np.random.Generator, means: np.ndarray, *, weeks: int, fano: float = FANO) -> np.ndarray:
    """Counts per channel and week with variance = fano x mean: negative binomial."""
    shape = np.maximum(means, 1e-9) / (fano - 1)
    return rng.negative_binomial(shape[:, None], 1 / fano, size=(means.size, weeks))


def tally(counts: np.ndarray) -> Tally:
    """Four weeks before and four after."""
    return Tally(float(counts[:4].sum()), float(counts[4:].sum()), 28, 28)


def node(rng: np.random.Generator, *, channels: int = 40, target_mean: float = 50.0, factor: float = 1.0) -> np.ndarray:
    """Eight weeks of a node; the first channel is the one that changes after four of them."""
    means = rng.lognormal(math.log(target_mean), 0.6, size=channels)
    means[0] = target_mean
    counts = weekly(rng, means, weeks=8)
    counts[0, 4:] = weekly(rng, np.array([target_mean * factor]), weeks=4)[0]
    return counts


def judged(counts: np.ndarray, *, target: int = 0) -> Judgment:
    controls = {str(n): tally(row) for n, row in enumerate(counts) if n != target}
    history = [row[:4] for n, row in enumerate(counts) if n != target]
    return judge(tally(counts[target]), controls, dispersion=dispersion_of(history))


def rates(verdicts: list[Verdict]) -> dict[str, float]:
    return {verdict.value: round(verdicts.count(verdict) / len(verdicts), 3) for verdict in Verdict}


@pytest.mark.parametrize(("mean", "runs"), [(2.0, 300), (10.0, RUNS), (50.0, RUNS), (200.0, 300)])
def test_without_an_effect_few_channels_get_a_verdict(mean: float, runs: int) -> None:
    rng = np.random.default_rng(1)
    found = rates([judged(node(rng, target_mean=mean)).verdict for _ in range(runs)])
    print(f"no effect, {mean:g} forwards a week: {found}")

    assert found["helped"] + found["harmed"] <= 0.12


def test_a_doubling_at_fifty_forwards_a_week_is_found() -> None:
    rng = np.random.default_rng(2)
    found = rates([judged(node(rng, factor=2.0)).verdict for _ in range(500)])
    print(f"+100 % at 50 forwards a week: {found}")

    assert found["helped"] >= 0.8
    assert found["harmed"] == 0


def test_a_halving_is_found_as_well() -> None:
    rng = np.random.default_rng(3)
    found = rates([judged(node(rng, factor=0.5)).verdict for _ in range(500)])

    assert found["harmed"] >= 0.7
    assert found["helped"] == 0


@pytest.mark.parametrize("pick", [np.argmax, np.argmin], ids=["the busiest", "the quietest"])
@pytest.mark.parametrize("spread", [0.3, 0.6, 1.2])
def test_picking_a_channel_by_how_it_did_creates_no_effect(pick: object, spread: float) -> None:
    rng = np.random.default_rng(4)
    verdicts, naive = [], []
    for _ in range(400):
        counts = weekly(rng, rng.lognormal(math.log(30), spread, size=60), weeks=8)
        target = int(pick(counts[:, :4].sum(axis=1)))  # type: ignore[operator]  # argmax or argmin
        verdicts.append(judged(counts, target=target).verdict)
        naive.append(tally(counts[target]).log_ratio)
    found = rates(verdicts)
    print(f"picked by outcome, spread {spread:g}: naive change {math.exp(np.median(naive)) - 1:+.0%}, {found}")

    assert spread > 0.3 or abs(np.median(naive)) > 0.1  # where channels are alike, a plain comparison sees one
    assert found["helped"] + found["harmed"] <= 0.12


def test_a_season_that_everybody_shares_is_no_effect() -> None:
    rng = np.random.default_rng(5)
    verdicts = []
    for _ in range(500):
        means = rng.lognormal(math.log(50), 0.6, size=40)
        counts = np.hstack((weekly(rng, means, weeks=4), weekly(rng, means * 1.8, weeks=4)))
        verdicts.append(judged(counts).verdict)

    assert rates(verdicts)["helped"] <= 0.10


def test_many_small_effects_add_up_to_one_verdict() -> None:
    rng = np.random.default_rng(6)
    one_by_one = [judged(node(rng, target_mean=15.0, factor=1.5)) for _ in range(40)]
    together = pool(one_by_one)

    assert together.verdict is Verdict.HELPED
    assert sum(one.verdict is Verdict.HELPED for one in one_by_one) < 20
    assert together.low is not None
    assert together.low > 0
    assert pool([judged(node(rng, target_mean=15.0)) for _ in range(40)]).verdict is not Verdict.HELPED


def test_the_pool_holds_its_level() -> None:
    rng = np.random.default_rng(7)
    pools = [pool([judged(node(rng, target_mean=20.0)) for _ in range(10)]).verdict for _ in range(100)]

    assert rates(pools)["helped"] + rates(pools)["harmed"] <= 0.15


def test_dispersion_is_the_nodes_own_and_never_below_five() -> None:
    rng = np.random.default_rng(8)
    bursts = weekly(rng, np.full(300, 40.0), weeks=8, fano=12.0)

    assert dispersion_of(bursts) == pytest.approx(12.0, rel=0.1)
    assert dispersion_of(rng.poisson(40.0, size=(50, 8))) == 5.0
    assert dispersion_of([]) == dispersion_of([[0, 0, 0], [7]]) == 5.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (400, 1_200, Verdict.HELPED),
        (400, 130, Verdict.HARMED),
        (2_000, 2_050, Verdict.NO_CLEAR_CHANGE),
        (40, 50, Verdict.INCONCLUSIVE),
        (3, 30, Verdict.INCONCLUSIVE),  # ten times as many, but of three
    ],
)
def test_each_verdict_has_its_case(before: float, after: float, expected: Verdict) -> None:
    controls = {f"c{n}": Tally(before, before, 28, 28) for n in range(12)}

    found = judge(Tally(before, after, 28, 28), controls, dispersion=5.0)

    assert found.verdict is expected
    assert (found.events_needed is not None) == (expected is Verdict.INCONCLUSIVE)


def test_windows_of_unequal_length_compare_by_day() -> None:
    controls = {f"c{n}": Tally(400, 100, 28, 7) for n in range(10)}

    assert judge(Tally(400, 100, 28, 7), controls, dispersion=5.0).effect == pytest.approx(0.0, abs=0.01)


def test_without_data_or_controls_nothing_is_known() -> None:
    assert judge(None, {}, dispersion=5.0).verdict is Verdict.UNKNOWN
    alone = judge(Tally(50, 80, 28, 28), {}, dispersion=5.0)

    assert (alone.verdict, alone.effect, alone.is_controlled) == (Verdict.UNKNOWN, None, False)
    assert pool([alone]).verdict is Verdict.UNKNOWN


def test_more_bursts_need_more_events() -> None:
    assert events_needed(0.7, 5.0) < events_needed(0.7, 10.0)
    assert events_needed(0.7, 5.0) > events_needed(1.5, 5.0) >= 10
    assert events_needed(0.01, 5.0) == events_needed(math.log(1.5), 5.0)


@pytest.mark.parametrize(
    ("effect", "said"),
    [(0.3, "+35 %"), (-0.3, "−26 %"), (0.0, "+0 %"), (5.0, "over +900 %"), (-5.0, "under −90 %")],
)
def test_a_change_is_said_in_percent_while_that_means_something(effect: float, said: str) -> None:
    assert percent_of(effect) == said
