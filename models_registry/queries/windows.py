"""Find windows that were edited but do not act, since a model is always asked with its largest one (CF-10)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models_registry.domain.model_names import normalized
from models_registry.models import Strategy


@dataclass(frozen=True, slots=True)
class WindowConflict:
    """An edited strategy, the models it shares with strategies of another window, and these."""

    strategy: Strategy
    models: tuple[str, ...]
    others: tuple[Strategy, ...]

    @property
    def largest(self) -> int:
        return max(row.num_ctx for row in (self.strategy, *self.others))


def window_conflicts(strategies: Sequence[Strategy]) -> tuple[WindowConflict, ...]:
    """Return a conflict for each strategy whose window was edited and differs from that of another with its models.

    The shipped windows differ too, on purpose: nobody expects that the smaller one acts.
    """
    return tuple(_conflicts(strategies))


def _conflicts(strategies: Sequence[Strategy]) -> Iterator[WindowConflict]:
    for row in strategies:
        if row.num_ctx == row.seed.get("num_ctx"):
            continue
        mine = {normalized(name): name for name in row.models_in_order}
        others = tuple(one for one in strategies if one.num_ctx != row.num_ctx and _names(one) & mine.keys())
        if others:
            shared = set().union(*(_names(one) for one in others)) & mine.keys()
            yield WindowConflict(row, tuple(name for key, name in mine.items() if key in shared), others)


def _names(row: Strategy) -> set[str]:
    return {normalized(name) for name in row.models_in_order}
