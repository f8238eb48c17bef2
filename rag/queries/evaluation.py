"""Runs of the judged questions as their pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from rag.domain.evaluation_compare import Paired, compare
from rag.domain.evaluation_figures import Found, Outcome, in_order
from rag.domain.evaluation_gates import LESS_IS_BETTER
from rag.domain.evaluation_steps import ablation
from rag.models import EvaluationRun, Ingestion

PAGE_SIZE = 20
MOST_OTHERS = 20
SHOWN = (
    ("recall_at_5", "Right document among the first 5"),
    ("answer_recall_at_5", "Answer among the first 5 passages"),
    ("abstention_recall", "Unanswerable questions refused"),
    ("wrong_refusals", "Answerable questions refused"),
)
STEP_BARS = ("recall_at_5", "answer_recall_at_5")
COLUMNS = (
    *(("recall_at_1", "R@1"), ("recall_at_5", "R@5"), ("recall_at_10", "R@10"), ("mrr_at_10", "MRR@10")),
    *(("ndcg_at_10", "nDCG@10"), ("answer_recall_at_1", "Answer@1"), ("answer_recall_at_5", "Answer@5")),
    *(("answer_recall_at_10", "Answer@10"), ("abstention_recall", "Abstained"), ("wrong_refusals", "Wrongly refused")),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One share with its 95 % interval, in percent; `value` is None where there was nothing to count."""

    name: str
    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None  # percentage points against all steps
    more_is_better: bool = True

    @property
    def spread(self) -> float | None:
        return None if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its name, how many questions, and a cell per column."""

    name: str
    count: int
    cells: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """What one choice of steps found."""

    name: str
    is_all: bool
    bars: tuple[Bar, ...]
    cells: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run as its page shows it. `others` asked the same questions."""

    run: EvaluationRun
    is_under_way: bool
    bars: tuple[Bar, ...]
    latencies_ms: tuple[float | None, float | None]
    columns: tuple[str, ...]
    groups: tuple[Row, ...]
    steps: tuple[StepRow, ...]
    failures: Page[Any]
    others: tuple[EvaluationRun, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that came out differently in two runs."""

    before: Outcome
    after: Outcome
    is_won: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of two runs, in percent, and how far apart they are in percentage points."""

    label: str
    first: float | None
    second: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of equal questions."""

    first: EvaluationRun
    second: EvaluationRun
    figures: tuple[Measured, ...]
    paired: tuple[Paired, ...]
    differences: tuple[tuple[str, tuple[Difference, ...]], ...]


def run_page(run_id: int, *, number: int | str = 1) -> RunPage | None:
    """Return one run with a page of its failed questions, or None when there is none."""
    run = EvaluationRun.objects.filter(pk=run_id).first()
    if run is None:
        return None
    failed = [one for one in outcomes_of(run) if one.is_failure]
    return RunPage(
        run=run,
        is_under_way=run.state in (Ingestion.State.QUEUED, Ingestion.State.RUNNING),
        bars=tuple(_bar(run.figures, *named) for named in SHOWN),
        latencies_ms=(run.figures.get("latency_p50_ms"), run.figures.get("latency_p95_ms")),
        columns=tuple(title for _, title in COLUMNS),
        groups=_groups(run.figures),
        steps=_steps(run.steps),
        failures=Paginator(failed, PAGE_SIZE).get_page(number),
        others=_others(run),
    )


def comparison(first_id: int, second_id: int) -> Comparison | None:
    """Return two runs side by side, or None unless both are there, done, and asked equal questions."""
    rows = EvaluationRun.objects.filter(state=Ingestion.State.DONE).in_bulk([first_id, second_id])
    first, second = rows.get(first_id), rows.get(second_id)
    if first is None or second is None or first.questions_sha256 != second.questions_sha256:
        return None
    before, after = outcomes_of(first), outcomes_of(second)
    paired = compare(before, after)
    was, became = {one.id: one for one in before}, {one.id: one for one in after}
    return Comparison(
        first=first,
        second=second,
        figures=tuple(_measured(first.figures, second.figures, *named) for named in COLUMNS),
        paired=paired,
        differences=tuple(
            (
                pair.name,
                tuple(
                    Difference(was[id_], became[id_], is_won=ids is pair.won)
                    for ids in (pair.lost, pair.won)
                    for id_ in ids
                ),
            )
            for pair in paired
        ),
    )


def outcomes_of(run: EvaluationRun) -> tuple[Outcome, ...]:
    """Return what came of each question of a run."""
    return tuple(_outcome(row) for row in run.questions)


def _outcome(row: Mapping[str, Any]) -> Outcome:
    lists = {name: tuple(row[name]) for name in ("relevant", "documents", "missing_terms", "expected")}
    values: dict[str, Any] = {**row, **lists, "found": tuple(Found(**one) for one in row["found"])}
    return Outcome(**values)


def _others(run: EvaluationRun) -> tuple[EvaluationRun, ...]:
    rows = EvaluationRun.objects.filter(questions_sha256=run.questions_sha256, state=Ingestion.State.DONE)
    return tuple(rows.exclude(pk=run.pk).only("name", "created_at")[:MOST_OTHERS]) if run.questions_sha256 else ()


def _groups(figures: Mapping[str, Any]) -> tuple[Row, ...]:
    if not figures:
        return ()
    groups: list[Mapping[str, Any]] = [figures.get("by_lang", {}), figures.get("by_difficulty", {})]
    rows = [Row("all", figures["n"], _cells(figures))]
    rows += [Row(name, group[name]["n"], _cells(group[name])) for group in groups for name in in_order(group)]
    return tuple(rows)


def _steps(steps: Mapping[str, Mapping[str, Any]]) -> tuple[StepRow, ...]:
    whole = steps.get("all steps", {})
    known = list(ablation())  # PostgreSQL keeps an object's names in an order of its own
    labels = sorted(steps, key=lambda name: known.index(name) if name in known else len(known))
    return tuple(
        StepRow(
            name=name,
            is_all=name == "all steps",
            bars=tuple(_bar(values, figure, "", against=whole.get(figure)) for figure in STEP_BARS),
            cells=tuple(values.get(figure) for figure in ("abstention_recall", "wrong_refusals", "latency_p50_ms")),
        )
        for name, values in ((label, steps[label]) for label in labels)
    )


def _bar(values: Mapping[str, Any], name: str, label: str, *, against: float | None = None) -> Bar:
    value = values.get(name)
    bounds: Sequence[float | None] = (values.get("intervals") or {}).get(name) or (None, None)
    return Bar(
        name=name,
        label=label,
        value=_percent(value),
        low=_percent(bounds[0]),
        high=_percent(bounds[1]),
        change=None if value is None or against is None else round((value - against) * 100, 1),
        more_is_better=name not in LESS_IS_BETTER,
    )


def _measured(first: Mapping[str, Any], second: Mapping[str, Any], name: str, label: str) -> Measured:
    before, after = _percent(first.get(name)), _percent(second.get(name))
    change = None if before is None or after is None else round(after - before, 1)
    return Measured(label, before, after, change)


def _cells(values: Mapping[str, Any]) -> tuple[float | None, ...]:
    return tuple(_percent(values.get(name)) for name, _ in COLUMNS)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
