"""How an evaluation reads on a terminal, and as one JSON object."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from rag.services.evaluate import Evaluation

COLUMNS = (
    ("recall_at_1", "R@1"),
    ("recall_at_5", "R@5"),
    ("recall_at_10", "R@10"),
    ("mrr_at_10", "MRR"),
    ("ndcg_at_10", "nDCG"),
    ("answer_recall_at_5", "answer@5"),
    ("abstention_recall", "abstained"),
    ("wrong_refusals", "wrongly"),
    ("latency_p50_ms", "p50 ms"),
)
NOISE_TOLD = ("recall_at_5", "answer_recall_at_5", "abstention_recall", "wrong_refusals")
FAILURES_TOLD = 10


def as_json(evaluation: Evaluation, *, name: str) -> dict[str, Any]:
    """Return all figures at the top, and what they were measured on."""
    collection = evaluation.collection
    return {
        **evaluation.figures,
        "name": name,
        "collection": collection.name,
        "documents": collection.documents,
        "passages": collection.passages,
        "unread": [failure.uid for failure in collection.failures],
        "space": evaluation.space,
        "k": evaluation.k,
        "questions_sha256": evaluation.questions_sha256,
        "ingest_s": None if collection.ingest_s is None else round(collection.ingest_s, 2),
        "questions_s": round(evaluation.seconds, 2),
        "steps": dict(evaluation.steps),
        "gates": [
            {"name": one.name, "wanted": one.wanted, "measured": one.measured, "met": one.is_met}
            for one in evaluation.verdicts
        ],
        "passed": evaluation.has_passed,
        "failed_questions": [one.id for one in evaluation.outcomes if one.is_failure],
    }


def lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield the report for people."""
    collection, figures = evaluation.collection, evaluation.figures
    yield (
        f"{collection.name}: {collection.documents} documents, {collection.passages} passages; "
        f"{figures['n']} questions, {figures['unanswerable_n']} without an answer; space {evaluation.space}"
    )
    yield ""
    groups = {"all": figures, **figures["by_lang"], **figures["by_difficulty"]}
    yield from table({f"{name} ({values['n']})": values for name, values in groups.items()})
    if evaluation.steps:
        yield from ("", "What each step contributes")
        yield from table(evaluation.steps)
    yield from ("", "Chance alone moves these figures within (95 %):")
    for figure in NOISE_TOLD:
        if bounds := figures["intervals"][figure]:
            yield f"  {figure}: {bounds[0]:.2f} to {bounds[1]:.2f}"
    yield from _failures(evaluation)
    for verdict in evaluation.verdicts:
        yield f"{'met   ' if verdict.is_met else 'MISSED'}  {verdict.words}"


def table(rows: Mapping[str, Mapping[str, Any]], *, columns: Sequence[tuple[str, str]] = COLUMNS) -> Iterator[str]:
    """Yield one line per row, figures below each other."""
    width = max(len(name) for name in rows)
    yield " " * width + "".join(f"{title:>11}" for _, title in columns)
    for name, values in rows.items():
        yield f"{name:<{width}}" + "".join(f"{_number(values.get(figure)):>11}" for figure, _ in columns)


def _failures(evaluation: Evaluation) -> Iterator[str]:
    failed = [one for one in evaluation.outcomes if one.is_failure]
    if not failed:
        return
    yield from ("", f"{len(failed)} questions failed; the first of them:")
    for one in failed[:FAILURES_TOLD]:
        reason = "answered, has no answer" if not one.is_answerable else "refused" if one.is_refused else "not found"
        yield f"  {one.id} ({reason}): {one.question}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value > 1 else f"{value:.3f}"


class Told:
    """Progress in plain lines: a step's name when it begins, then every tenth of it."""

    def __init__(self, stream: TextIO, *, is_silent: bool = False) -> None:
        self._stream = stream
        self._is_silent = is_silent
        self._latest: tuple[str, int] = ("", -1)

    def __call__(self, step: str, done: int, of: int) -> None:
        tenth = (step, done * 10 // max(of, 1))
        if tenth == self._latest:
            return
        self._latest = tenth
        self.say(f"{step}: {done} of {of}")

    def say(self, line: str) -> None:
        """Write one line, unless silence was asked for."""
        if not self._is_silent:
            self._stream.write(f"{line}\n")
            self._stream.flush()
