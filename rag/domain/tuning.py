"""Look for better numbers of the fusion on judged questions, and tell whether the gain is more than chance. Pure.

The legs are read once; every setting only orders what they found anew. A setting is chosen on one part of the questions
and judged on the other, which the choice has not seen.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from rag.domain.evaluation_compare import NOISE, sign_test
from rag.domain.evaluation_figures import interval
from rag.domain.fusion import LEG_DEPTH, RRF_CONSTANT

CONSTANTS = (5, 10, 20, 40, RRF_CONSTANT, 100)
DENSE_WEIGHTS = (0.5, 0.75, 1.0, 1.5, 2.0)
DEPTHS = (20, 35, LEG_DEPTH)
RANKED = 10  # passages: an answer further down is worth nothing
HOLDOUT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a leg found, and whether the answer stands in it. A rank is None where a leg missed it."""

    item: int
    lexical_rank: int | None
    dense_rank: int | None
    has_answer: bool


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """Numbers of the fusion. The lexical leg weighs 1; `depth` is read of each leg."""

    rrf_constant: int = RRF_CONSTANT
    dense_weight: float = 1.0
    depth: int = LEG_DEPTH


@dataclass(frozen=True, slots=True)
class Case:
    """One question's candidates, and the group it is drawn from evenly, such as its language."""

    id: str
    group: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The setting that was best on the training part, and what it does on the other: mean reciprocal ranks, 0 to 1."""

    current: Setting
    setting: Setting
    train_n: int
    holdout_n: int
    train_before: float
    train_after: float
    holdout_before: float
    holdout_after: float
    interval: tuple[float, float]
    won: int
    lost: int
    p_value: float

    @property
    def is_noise(self) -> bool:
        """The gain on questions that the choice has not seen may well be chance, or there is none."""
        return self.setting == self.current or self.p_value >= NOISE or self.interval[0] <= 0


def grid() -> tuple[Setting, ...]:
    """Return every setting that is tried."""
    return tuple(itertools.starmap(Setting, itertools.product(CONSTANTS, DENSE_WEIGHTS, DEPTHS)))


def split(cases: Sequence[Case], *, seed: int) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Return (training part, hold-out part): the same for the same seed, each group divided alike."""
    rng = Random(seed)  # noqa: S311 - a draw, not a secret
    train: list[Case] = []
    holdout: list[Case] = []
    for group in sorted({one.group for one in cases}):
        members = sorted((one for one in cases if one.group == group), key=lambda one: one.id)
        rng.shuffle(members)
        cut = round(len(members) * HOLDOUT_SHARE)
        holdout += members[:cut]
        train += members[cut:]
    return tuple(train), tuple(holdout)


def reciprocal_rank_of_answer(candidates: Sequence[Candidate], *, setting: Setting) -> float:
    """Return 1/rank of the first of RANKED passages with the answer, as this setting orders them, else 0."""
    order = sorted(candidates, key=lambda one: (-_score(one, setting=setting), one.item))
    return next((1 / rank for rank, one in enumerate(order[:RANKED], start=1) if one.has_answer), 0.0)


def propose(cases: Sequence[Case], *, current: Setting, seed: int) -> Proposal:
    """Return the setting that is best on the training part; equals are decided for the one nearest to the current."""
    train, holdout = split(cases, seed=seed)
    means = {setting: _mean(train, setting=setting) for setting in (current, *grid())}
    best = max(means, key=lambda setting: (means[setting], -_distance(setting, current)))
    before = [reciprocal_rank_of_answer(one.candidates, setting=current) for one in holdout]
    after = [reciprocal_rank_of_answer(one.candidates, setting=best) for one in holdout]
    gains = [new - old for old, new in zip(before, after, strict=True)]
    won, lost = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    low, high = interval(gains) or (0.0, 0.0)
    return Proposal(
        current=current,
        setting=best,
        train_n=len(train),
        holdout_n=len(holdout),
        train_before=means[current],
        train_after=means[best],
        holdout_before=float(np.mean(before)) if before else 0.0,
        holdout_after=float(np.mean(after)) if after else 0.0,
        interval=(low, high),
        won=won,
        lost=lost,
        p_value=sign_test(won, lost),
    )


def leaderboard(cases: Sequence[Case], *, count: int = 10) -> tuple[tuple[Setting, float], ...]:
    """Return the best settings over all cases with their mean reciprocal rank, best first."""
    means: Mapping[Setting, float] = {setting: _mean(cases, setting=setting) for setting in grid()}
    return tuple(sorted(means.items(), key=lambda pair: (-pair[1], pair[0]))[:count])


def _score(one: Candidate, *, setting: Setting) -> float:
    score = 0.0
    for rank, weight in ((one.lexical_rank, 1.0), (one.dense_rank, setting.dense_weight)):
        if rank is not None and rank <= setting.depth:
            score += weight / (setting.rrf_constant + rank)
    return score


def _mean(cases: Sequence[Case], *, setting: Setting) -> float:
    ranks = [reciprocal_rank_of_answer(one.candidates, setting=setting) for one in cases]
    return sum(ranks) / len(ranks) if ranks else 0.0


def _distance(setting: Setting, current: Setting) -> float:
    """Return how far two settings are from each other; only the order of distances matters."""
    return (
        abs(setting.rrf_constant - current.rrf_constant) / RRF_CONSTANT
        + abs(setting.dense_weight - current.dense_weight)
        + abs(setting.depth - current.depth) / LEG_DEPTH
    )
