"""Measure retrieval on judged questions, over any folder of documents or an existing source. Leaves nothing behind."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rag.domain.errors import QuestionsUnusable
from rag.domain.evaluation_gates import USUAL, parse_gates
from rag.management import judged
from rag.management.evaluation_text import as_json, lines
from rag.services.evaluate import Evaluation, evaluate
from rag.services.keep_evaluation import keep

BREACHED = 1  # exit status: a demand was not met
MOST_K = 50


class Command(BaseCommand):
    help = (
        "Ask judged questions about the documents of a folder, or of a source, and measure what is found. What is in "
        "the folder goes into a collection that nobody else can search and that is deleted afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        judged.add_arguments(parser)
        parser.add_argument("--k", type=_passages, help="passages to answer from; default: the library's policy")
        parser.add_argument(
            "--steps", choices=("all", "ablation"), default="all", help="ablation: also without each step"
        )
        parser.add_argument(
            "--gate", nargs="+", action="extend", default=[], metavar="FIGURE=VALUE", help="e.g. fr.recall_at_5=0.6"
        )
        usual = ", ".join(f"{name}={value:g}" for name, value in USUAL.items())
        parser.add_argument("--gates", action="store_true", help=f"demand what is usual: {usual}")
        parser.add_argument("--name", default="", help="of the run; default: the names of documents and questions")
        parser.add_argument("--store", action="store_true", help="keep the run, to read it in the administration")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            gates = (USUAL if options["gates"] else {}) | parse_gates(options["gate"])
        except QuestionsUnusable as exc:
            raise CommandError(str(exc), returncode=judged.UNUSABLE) from exc
        with judged.judged(options) as (questions, collection, told):
            evaluation = evaluate(
                questions,
                collection=collection,
                k=options["k"],
                with_ablation=options["steps"] == "ablation",
                gates=gates,
                report=told,
            )
        name = options["name"] or f"{options['questions'].stem} over {collection.name}"
        if options["store"]:
            row = keep(evaluation, name=name, at=timezone.now(), options={"questions": options["questions"].name})
            told.say(f"Kept: /admin/rag/evaluationrun/{row.pk}/change/")
        self._show(evaluation, name=name, as_one_line=options["json"])

    def _show(self, evaluation: Evaluation, *, name: str, as_one_line: bool) -> None:
        if as_one_line:
            self.stdout.write(json.dumps(as_json(evaluation, name=name)))
        else:
            self.stdout.write("\n".join(lines(evaluation)))
        if missed := [verdict.words for verdict in evaluation.verdicts if not verdict.is_met]:
            raise CommandError("Not met: " + "; ".join(missed), returncode=BREACHED)


def _passages(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_K:
        raise ArgumentTypeError(f"a number from 1 to {MOST_K} is needed, not {text!r}")
    return int(text)
