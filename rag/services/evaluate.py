"""Ask judged questions of a collection, by the retrieval that is served, and sum up what came of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.domain.errors import PatternTooSlow, QuestionsUnusable, SourceUnreadable
from rag.domain.evaluation_figures import Found, Outcome, figures
from rag.domain.evaluation_gates import Verdict, judge_gates
from rag.domain.evaluation_places import Matches, holds_answer, resolve_all
from rag.domain.evaluation_questions import JudgedQuestion, Place, parse_questions, questions_sha256
from rag.domain.evaluation_steps import ablation
from rag.domain.passages import Passage, Retrieval
from rag.domain.policy import Policy
from rag.domain.steps import ALL_STEPS, Steps
from rag.queries.policy import library_policy
from rag.services.gather import Collection
from rag.services.match_patterns import PatternMatcher
from rag.services.retrieve import retrieve

DEPTH = 50  # passages that are ranked: enough for ten distinct documents
SHOWN = 5  # passages that a report shows of a question
MOST_FILE_BYTES = 32 * 1024 * 1024

Report = Callable[[str, int, int], None]  # (step, done, of)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of all questions. `steps`: the same questions with other steps, label by label."""

    collection: Collection
    questions_sha256: str
    space: str
    k: int
    outcomes: tuple[Outcome, ...]
    figures: Mapping[str, Any]
    verdicts: tuple[Verdict, ...] = ()
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def has_passed(self) -> bool | None:
        """None where nothing was demanded."""
        return all(verdict.is_met for verdict in self.verdicts) if self.verdicts else None


def read_questions(file: Path) -> tuple[JudgedQuestion, ...]:
    """Return the questions of a JSON Lines file.

    :raises QuestionsUnusable: naming what is wrong, by line and field.
    """
    try:
        if file.stat().st_size > MOST_FILE_BYTES:
            raise QuestionsUnusable((f"{file.name}: larger than {MOST_FILE_BYTES // 1024 // 1024} MB.",))
        return parse_questions(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise QuestionsUnusable((f"{file}: cannot be read.",)) from exc
    except UnicodeDecodeError as exc:
        raise QuestionsUnusable((f"{file.name}: it is not UTF-8, from byte {exc.start} on.",)) from exc


def paths_below(folder: Path) -> tuple[str, ...]:
    """Return the paths of the files below `folder`, or the name of the one file.

    :raises SourceUnreadable: when there is no such folder.
    """
    if folder.is_file():
        return (folder.name,)
    if not folder.is_dir():
        raise SourceUnreadable(f"There is no folder {folder}.")
    return tuple(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def unknown_places(questions: Sequence[JudgedQuestion], *, paths: Sequence[str]) -> tuple[str, ...]:
    """Return a line for each judged document that is not among `paths`."""
    meant = resolve_all((place.path for one in questions for place in one.places), uids=frozenset(paths))
    return tuple(
        f"line {one.line}: relevant[{number}].path: there is no document {place.path}."
        for one in questions
        for number, place in enumerate(one.places)
        if meant[place.path] is None
    )


def evaluate(
    questions: Sequence[JudgedQuestion],
    *,
    collection: Collection,
    policy: Policy | None = None,
    k: int | None = None,
    with_ablation: bool = False,
    gates: Mapping[str, float] | None = None,
    report: Report | None = None,
) -> Evaluation:
    """Ask every question of the collection, with `with_ablation` once more for each choice of steps.

    `k`: passages that a question is answered from, by default the policy's; rankings are judged DEPTH passages deep.

    :raises QuestionsUnusable: naming the line whose `must` takes too long.
    """
    started = time.perf_counter()
    policy = policy or library_policy()
    with PatternMatcher() as matches:
        asker = Asker(collection, policy=policy, k=k or policy.top_k, matches=matches)
        plan = ablation() if with_ablation else {"all steps": ALL_STEPS}
        by_steps: dict[Steps, tuple[Outcome, ...]] = {}
        for steps in (ALL_STEPS, *plan.values()):
            if steps not in by_steps:
                label = next(name for name, of in plan.items() if of == steps)
                by_steps[steps] = asker.ask_all(questions, steps=steps, report=_named(report, label))
    outcomes = by_steps[ALL_STEPS]
    summed = figures(outcomes)
    return Evaluation(
        collection=collection,
        questions_sha256=questions_sha256(questions),
        space=asker.space,
        k=asker.k,
        outcomes=outcomes,
        figures=summed,
        verdicts=judge_gates(summed, gates=gates or {}),
        steps={label: figures(by_steps[steps]) for label, steps in plan.items()} if with_ablation else {},
        seconds=time.perf_counter() - started,
    )


class Asker:
    """Asks judged questions of one collection and tells what was found; keeps which documents judges meant."""

    def __init__(self, collection: Collection, *, policy: Policy, k: int, matches: Matches) -> None:
        self.k = k
        self.space = ""
        self._collection = collection
        self._policy = policy
        self._matches = matches
        self._meant: dict[str, str | None] = {}
        self._is_warm = False

    def ask_all(
        self, questions: Sequence[JudgedQuestion], *, steps: Steps, report: Callable[[int, int], None] | None = None
    ) -> tuple[Outcome, ...]:
        """Return what came of each question, in order."""
        outcomes = []
        for number, question in enumerate(questions, start=1):
            outcomes.append(self.ask(question, steps=steps))
            if report:
                report(number, len(questions))
        return tuple(outcomes)

    def ask(self, question: JudgedQuestion, *, steps: Steps = ALL_STEPS) -> Outcome:
        """Retrieve as it is served, timed, and once more, deeper, to rank documents.

        :raises QuestionsUnusable: naming the line whose `must` takes too long.
        """
        if not self._is_warm:  # the first question loads the embedder: nobody asks that of a server that runs
            self.served(question, steps=steps)
            self._is_warm = True
        started = time.perf_counter()
        served = self.served(question, steps=steps)
        elapsed_ms = (time.perf_counter() - started) * 1000
        self.space = served.index_version
        passages, hits = self.ranked(question, depth=DEPTH, steps=steps)
        return Outcome(
            id=question.id,
            question=question.question,
            lang=question.lang,
            difficulty=question.difficulty,
            is_answerable=question.is_answerable,
            relevant=tuple(dict.fromkeys(uid or path for path, uid in self._places(question))),
            documents=tuple(dict.fromkeys(passage.document_uid for passage in passages))[:10],
            answer_rank=hits.index(True) + 1 if True in hits else None,
            is_refused=not served.is_answerable,
            elapsed_ms=round(elapsed_ms, 3),
            best_cosine=None if served.best_cosine is None else round(served.best_cosine, 4),
            missing_terms=served.missing_terms,
            found=tuple(
                Found(passage.document_uid, passage.breadcrumb, hit)
                for passage, hit in zip(passages[:SHOWN], hits, strict=False)
            ),
            expected=tuple(_words(place) for place in question.places),
        )

    def ranked(
        self, question: JudgedQuestion, *, depth: int, steps: Steps = ALL_STEPS
    ) -> tuple[tuple[Passage, ...], tuple[bool, ...]]:
        """Return the first `depth` passages, and of each whether the answer stands in it."""
        self._know(question)
        passages = self._retrieve(question, k=depth, steps=steps).passages
        return passages, tuple(self._has_answer(question, passage) for passage in passages)

    def served(self, question: JudgedQuestion, *, steps: Steps = ALL_STEPS) -> Retrieval:
        """Return what is found for a reader."""
        return self._retrieve(question, k=self.k, steps=steps)

    def _know(self, question: JudgedQuestion) -> None:
        missing = {place.path for place in question.places} - self._meant.keys()
        self._meant |= resolve_all(missing, uids=self._collection.uids)

    def _retrieve(self, question: JudgedQuestion, *, k: int, steps: Steps) -> Retrieval:
        return retrieve(
            question.question,
            k=k,
            user=self._collection.reader,
            policy=self._policy,
            sources=(self._collection.source_id,),
            steps=steps,
        )

    def _places(self, question: JudgedQuestion) -> tuple[tuple[str, str | None], ...]:
        return tuple((place.path, self._meant[place.path]) for place in question.places)

    def _has_answer(self, question: JudgedQuestion, passage: Passage) -> bool:
        places = [one for one in question.places if self._meant[one.path] == passage.document_uid]
        try:
            return any(
                holds_answer(passage.breadcrumb, passage.text, place=one, matches=self._matches) for one in places
            )
        except PatternTooSlow as exc:
            problem = f"line {question.line}: relevant.must: {str(exc)[:120]!r} takes too long; write it more simply."
            raise QuestionsUnusable((problem,)) from exc


def _words(place: Place) -> str:
    return f"{place.path} > {place.heading}" if place.heading else place.path


def _named(report: Report | None, label: str) -> Callable[[int, int], None] | None:
    return None if report is None else lambda done, of: report(label, done, of)
