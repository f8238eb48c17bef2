"""Measure retrieval on judged questions, over any folder of documents or an existing source. Leaves nothing behind."""

import json
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from models_registry.domain.errors import ModelError
from rag.domain.errors import QuestionsUnusable, RagError
from rag.domain.evaluation_gates import USUAL, parse_gates
from rag.domain.evaluation_questions import JudgedQuestion
from rag.management.evaluation_text import Told, as_json, lines
from rag.services.evaluate import Evaluation, evaluate, paths_below, read_questions, unknown_places
from rag.services.gather import Collection, existing, gathered, load_first_rows
from rag.services.keep_evaluation import keep

UNUSABLE = 2  # exit status: the input has to be repaired
BREACHED = 1  # exit status: a demand was not met
MOST_K = 50


class Command(BaseCommand):
    help = (
        "Ask the judged questions of a .jsonl file about the documents of a folder, or of a source, and measure what is "
        "found. The documents go into a collection that nobody else can search and that is deleted afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--questions", type=Path, required=True, help="JSON Lines: one judged question a line")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--documents", type=Path, help="a folder; paths in the questions are below it")
        where.add_argument("--source", help="the slug of a source that is in the library, e.g. library")
        parser.add_argument("--k", type=_passages, help="passages to answer from; default: the library's policy")
        parser.add_argument(
            "--steps", choices=("all", "ablation"), default="all", help="ablation: also without each step"
        )
        parser.add_argument(
            "--gate", nargs="+", action="extend", default=[], metavar="FIGURE=VALUE", help="e.g. fr.recall_at_5=0.6"
        )
        parser.add_argument(
            "--gates", action="store_true", help="demand what is usual: " + ", ".join(f"{a}={b:g}" for a, b in USUAL.items())
        )
        parser.add_argument("--skip-missing", action="store_true", help="leave out questions about documents not there")
        parser.add_argument("--name", default="", help="of the run; default: the names of documents and questions")
        parser.add_argument("--store", action="store_true", help="keep the run, to read and compare in the administration")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _leave)  # so that the collection is removed on the way out
        self._told = Told(sys.stderr, is_silent=options["verbosity"] == 0)
        try:
            gates = (USUAL if options["gates"] else {}) | parse_gates(options["gate"])
            questions = read_questions(options["questions"])
            evaluation = self._evaluate(questions, gates=gates, options=options)
        except QuestionsUnusable as exc:
            raise CommandError(f"{options['questions']}:\n{exc}", returncode=UNUSABLE) from exc
        except (RagError, ModelError) as exc:
            raise CommandError(str(exc), returncode=UNUSABLE) from exc
        self._show(evaluation, options)
        if missed := [verdict.words for verdict in evaluation.verdicts if not verdict.is_met]:
            raise CommandError("Not met: " + "; ".join(missed), returncode=BREACHED)

    def _evaluate(
        self, questions: Sequence[JudgedQuestion], *, gates: dict[str, float], options: dict[str, Any]
    ) -> Evaluation:
        if "rag_source" not in connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        if load_first_rows(at=timezone.now()):
            self.stderr.write("The glossary and the policy were loaded into this new database.")
        if folder := options["documents"]:
            questions = self._known(questions, paths=paths_below(folder), options=options)
        with self._collection(options) as collection:
            for failure in collection.failures:
                self.stderr.write(f"Not read: {failure}")
            if options["source"]:
                questions = self._known(questions, paths=tuple(collection.uids), options=options)
            return evaluate(
                questions,
                collection=collection,
                k=options["k"],
                with_ablation=options["steps"] == "ablation",
                gates=gates,
                report=self._told,
            )

    def _collection(self, options: dict[str, Any]) -> AbstractContextManager[Collection]:
        if options["source"]:
            return nullcontext(existing(options["source"]))
        return gathered(options["documents"].resolve(), at=timezone.now(), report=self._told)

    def _known(
        self, questions: Sequence[JudgedQuestion], *, paths: Sequence[str], options: dict[str, Any]
    ) -> Sequence[JudgedQuestion]:
        """Return the questions whose documents are there; it is told which are not."""
        unknown = unknown_places(questions, paths=paths)
        if unknown and not options["skip_missing"]:
            raise QuestionsUnusable(unknown[:20], count=len(unknown))
        lacking = {line for line in unknown}
        kept = [one for one in questions if not any(text.startswith(f"line {one.line}:") for text in lacking)]
        if len(kept) < len(questions):
            self.stderr.write(f"{len(questions) - len(kept)} questions are left out: their documents are not there.")
        if not kept:
            raise QuestionsUnusable(("no question is left.",))
        return kept

    def _show(self, evaluation: Evaluation, options: dict[str, Any]) -> None:
        where = options["documents"].resolve().name if options["documents"] else options["source"]
        name = options["name"] or f"{options['questions'].stem} over {where}"
        if options["store"]:
            row = keep(evaluation, name=name, at=timezone.now(), options={"questions": options["questions"].name})
            self.stderr.write(f"Kept as run {row.pk}: /admin/rag/evaluationrun/{row.pk}/")
        if options["json"]:
            self.stdout.write(json.dumps(as_json(evaluation, name=name)))
            return
        for line in lines(evaluation):
            self.stdout.write(line)


def _passages(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_K:
        raise ArgumentTypeError(f"a number from 1 to {MOST_K} is needed, not {text!r}")
    return int(text)


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
