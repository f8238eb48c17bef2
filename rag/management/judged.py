"""The judged questions and the documents that a command names, and how it fails when they cannot be used."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from models_registry.domain.errors import ModelError
from rag.domain.errors import QuestionsUnusable, RagError
from rag.domain.evaluation_questions import JudgedQuestion
from rag.management.evaluation_text import Told
from rag.services.evaluate import paths_below, read_questions, unknown_places
from rag.services.gather import Collection, existing, gathered, load_first_rows
from rag.services.ingest import LIBRARY_SLUG
from rag.services.keep_evaluation import BUILT_IN_QUESTIONS

UNUSABLE = 2  # exit status: the input has to be repaired
PATHS_TOLD = 20


def add_arguments(parser: CommandParser) -> None:
    """Add what names questions and documents; without any, the built-in questions about the built-in library."""
    parser.add_argument(
        "--questions", type=Path, default=BUILT_IN_QUESTIONS, help="JSON Lines, one judged question a line"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--documents", type=Path, help="a folder; the paths in the questions are below it")
    where.add_argument("--source", default=LIBRARY_SLUG, help="a source of the library, by its slug")
    parser.add_argument("--skip-missing", action="store_true", help="leave out questions about documents not there")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")


@contextlib.contextmanager
def judged(options: dict[str, Any]) -> Iterator[tuple[Sequence[JudgedQuestion], Collection, Told]]:
    """Give the questions, the collection they are asked of, and who is told how far it is.

    Documents are taken in for as long as this lasts. What cannot be used ends the command with status 2, named.
    """
    told = Told(sys.stderr, is_silent=options["verbosity"] == 0)
    try:
        _leave_in_order()
        questions: Sequence[JudgedQuestion] = read_questions(options["questions"])
        _make_ready(told)
        if options["documents"]:
            folder = options["documents"].resolve()
            questions = _known(questions, paths=paths_below(folder), options=options, told=told)
            with gathered(folder, at=timezone.now(), report=told) as collection:
                for failure in collection.failures:
                    told.say(f"Not read: {failure.uid}: {failure.message}")
                yield questions, collection, told
        else:
            collection = existing(options["source"])
            yield _known(questions, paths=tuple(collection.uids), options=options, told=told), collection, told
    except QuestionsUnusable as exc:
        raise CommandError(f"{options['questions']}:\n{exc}", returncode=UNUSABLE) from exc
    except (RagError, ModelError) as exc:
        raise CommandError(str(exc), returncode=UNUSABLE) from exc


def _make_ready(told: Told) -> None:
    """Make the tables and load the first rows where a database has never seen them."""
    if "rag_source" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0)
    if load_first_rows(at=timezone.now()):
        told.say("The glossary and the policy were loaded into this new database.")


def _known(
    questions: Sequence[JudgedQuestion], *, paths: Sequence[str], options: dict[str, Any], told: Told
) -> Sequence[JudgedQuestion]:
    """Return the questions whose documents are there; it is told which are not."""
    unknown = unknown_places(questions, paths=paths)
    if unknown and not options["skip_missing"]:
        raise QuestionsUnusable(unknown[:PATHS_TOLD], count=len(unknown))
    kept = [one for one in questions if not any(text.startswith(f"line {one.line}:") for text in unknown)]
    if not kept:
        raise QuestionsUnusable(("no question is left: none of their documents is there.",))
    if len(kept) < len(questions):
        told.say(f"{len(questions) - len(kept)} questions are left out: their documents are not there.")
    return kept


def _leave_in_order() -> None:
    """Make a polite request to end run what stands in `finally`, as Ctrl-C does."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
