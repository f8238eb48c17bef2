"""Keep evaluations as rows, and run the built-in questions in the background."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from models_registry.services import guarding
from rag.domain.errors import RagError
from rag.domain.evaluation_gates import USUAL
from rag.domain.evaluation_questions import JudgedQuestion
from rag.models import EvaluationRun, Ingestion
from rag.queries.policy import library_policy
from rag.services.evaluate import Evaluation, evaluate, read_questions, unknown_places
from rag.services.gather import Collection, existing
from rag.services.ingest import LIBRARY_SLUG

BUILT_IN_QUESTIONS = Path(settings.BASE_DIR) / "tests" / "rag" / "questions" / "library.jsonl"
TASK = "rag.tasks.run_evaluation"
UNDER_WAY = (Ingestion.State.QUEUED, Ingestion.State.RUNNING)
REPORT_EVERY = 10  # questions: one statement each


def keep(
    evaluation: Evaluation, *, name: str, at: datetime, options: Mapping[str, Any], row: EvaluationRun | None = None
) -> EvaluationRun:
    """Write an evaluation to its row, a new one by default; `at` is when it ended."""
    row = row or EvaluationRun(created_at=at)
    collection = evaluation.collection
    row.name = name[:120]
    row.state, row.message, row.finished_at = Ingestion.State.DONE, "", at
    row.collection = f"{collection.name}: {collection.documents} documents, {collection.passages} passages"[:200]
    row.questions_sha256 = evaluation.questions_sha256
    row.question_count = len(evaluation.outcomes)
    row.space = evaluation.space[:120]
    row.options = dict(options) | {"k": evaluation.k}
    row.figures = dict(evaluation.figures)
    row.steps = dict(evaluation.steps)
    row.gates = [
        {"name": one.name, "wanted": one.wanted, "measured": one.measured, "is_met": one.is_met, "words": one.words}
        for one in evaluation.verdicts
    ]
    row.has_passed = evaluation.has_passed
    row.questions = [asdict(one) for one in evaluation.outcomes]
    row.save()
    return row


def request_built_in(*, at: datetime) -> tuple[EvaluationRun, bool]:
    """Queue a run of the built-in questions; return it, and whether it is new: one that is under way is joined."""
    with transaction.atomic():
        running = EvaluationRun.objects.select_for_update().filter(state__in=UNDER_WAY).first()
        if running:
            return running, False
        row = EvaluationRun.objects.create(
            name="Built-in questions",
            created_at=at,
            state=Ingestion.State.QUEUED,
            collection=LIBRARY_SLUG,
            message="Waits for a worker.",
        )
        async_task(TASK, run_id=row.pk)  # beside the write: it commits or vanishes with it
    return row, True


def run_built_in(run_id: int, *, at: datetime, file: Path = BUILT_IN_QUESTIONS) -> EvaluationRun | None:
    """Ask the built-in questions for a queued row, and write what came of them, or what went wrong, into it.

    Safe to run twice: a row that is done is left as it is.
    """
    row = EvaluationRun.objects.filter(pk=run_id, state__in=UNDER_WAY).first()
    if row is None:
        return None
    try:
        questions = read_questions(file)
        collection = existing(LIBRARY_SLUG)
        if problems := unknown_places(questions, paths=tuple(collection.uids)):
            return _fail(row, problems[0], at=at)
        evaluation = evaluate(questions, collection=collection, with_ablation=True, gates=USUAL, report=_Progress(row))
    except RagError as exc:
        return _fail(row, str(exc), at=at)
    on_trial = _recall_on_trial(questions, collection=collection, at=at)
    options = {"questions": file.name} | ({"recall_at_5_on_trial": on_trial} if on_trial else {})
    return keep(evaluation, name=row.name, at=at, options=options, row=row)


def _recall_on_trial(questions: Sequence[JudgedQuestion], *, collection: Collection, at: datetime) -> dict[int, float]:
    """Ask the questions as each rollout's variant would have them asked; one that finds too little is rolled back."""
    found: dict[int, float] = {}
    for rollout, changes in guarding.retrieval_on_trial():
        tried = evaluate(questions, collection=collection, policy=replace(library_policy(), **changes))
        if (recall := tried.figures.get("recall_at_5")) is not None:
            found[rollout] = min(recall, found.get(rollout, recall))
            guarding.note_recall(rollout, recall, at=at)
    return found


def request_nightly(*, at: datetime) -> bool:
    """Queue the built-in questions while a rollout changes retrieval (RO-11); return whether a run was queued."""
    return bool(guarding.retrieval_on_trial()) and request_built_in(at=at)[1]


def fail(run_id: int, *, message: str, at: datetime) -> None:
    """Note why a run ended; for the door that caught what nobody foresaw."""
    row = EvaluationRun.objects.filter(pk=run_id, state__in=UNDER_WAY).first()
    if row:
        _fail(row, message, at=at)


def _fail(row: EvaluationRun, message: str, *, at: datetime) -> EvaluationRun:
    row.state, row.message, row.finished_at = Ingestion.State.FAILED, message[:300], at
    row.save(update_fields=("state", "message", "finished_at"))
    return row


class _Progress:
    """Writes how far a run is, now and then."""

    def __init__(self, row: EvaluationRun) -> None:
        self._row = row

    def __call__(self, label: str, done: int, of: int) -> None:
        if done % REPORT_EVERY and done != of:
            return
        self._row.state, self._row.message = Ingestion.State.RUNNING, label[:300]
        self._row.done, self._row.total = done, of
        self._row.save(update_fields=("state", "message", "done", "total"))
