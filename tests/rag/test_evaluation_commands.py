"""The commands that measure, calibrate and tune, as somebody types them."""

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from rag.models import EvaluationRun, IndexVersion, LibraryPolicy, Source
from tests.rag.conftest import BACKUP, FEES, FRAIS, REBALANCE

pytestmark = pytest.mark.django_db

LINES = (
    {"id": "base", "question": "What is a base fee?", "lang": "en", "difficulty": "easy", "answerable": True,
     "relevant": [{"path": "fees.md", "heading": "Routing fees > Base fee", "must": "flat"}]},
    {"id": "pays", "question": "When is a circular rebalance worth its cost?", "lang": "en", "difficulty": "easy",
     "answerable": True,
     "relevant": [{"path": "corpus/rebalance.md", "heading": "Circular rebalancing > When it pays"}]},
    {"id": "frais", "question": "Qu'est-ce que les frais de base ?", "lang": "fr", "difficulty": "hard",
     "answerable": True, "relevant": [{"path": "frais.md", "heading": "Les frais de routage > Frais de base"}]},
    {"id": "none", "question": "How many hours does a Bitaxe need?", "lang": "en", "difficulty": "hard",
     "answerable": False, "relevant": []},
)  # fmt: skip
WANTED = (
    *("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10", "answer_recall_at_5"),
    *("abstention_recall", "wrong_refusals", "wrong_refusals_n", "latency_p50_ms", "latency_p95_ms", "n"),
)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in (("fees.md", FEES), ("rebalance.md", REBALANCE), ("backup.md", BACKUP), ("frais.md", FRAIS)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, LINES)) + "\n\n", encoding="utf-8")
    return file


def run(command: str, *arguments: Any) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), "-v0", stdout=out, stderr=out)
    return out.getvalue()


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("rag").get_models()}


def test_the_latest_line_is_one_object_with_every_figure(library: Source, documents: Path, questions: Path) -> None:
    before = rows()

    out = run("evaluate_retrieval", "--documents", documents, "--questions", questions, "--json")

    told = json.loads(out.strip().splitlines()[-1])
    assert set(WANTED) <= told.keys()
    assert set(WANTED) <= told["by_lang"]["fr"].keys()
    assert set(WANTED) <= told["by_difficulty"]["hard"].keys()
    assert (told["n"], told["documents"], told["recall_at_5"], told["wrong_refusals_n"]) == (4, 4, 1.0, 0)
    assert told["passages"] > 0
    assert told["space"]
    assert rows() == before


def test_the_folder_above_does_as_well(library: Source, documents: Path, questions: Path) -> None:
    out = run("evaluate_retrieval", "--documents", documents.parent, "--questions", questions, "--json")

    assert json.loads(out.strip().splitlines()[-1])["recall_at_5"] == 1.0


def test_a_person_reads_tables(library: Source, questions: Path) -> None:
    arguments = ("--source", "tests", "--questions", questions, "--steps", "ablation", "--gate", "recall_at_5=0.5")

    out = run("evaluate_retrieval", *arguments)

    assert "Tests: 4 documents" in out
    assert "What each step contributes" in out
    assert "lexical only" in out
    assert "met     recall_at_5 ≥ 0.5: 1" in out


def test_a_missed_demand_ends_with_status_1_after_the_report(library: Source, questions: Path) -> None:
    out = StringIO()

    with pytest.raises(CommandError, match=r"Not met: latency_p95_ms ≤ 0.001") as caught:
        call_command(
            "evaluate_retrieval", "--source=tests", f"--questions={questions}", "--json",
            "--gate", "recall_at_5=0.5", "latency_p95_ms=0.001", stdout=out,
        )  # fmt: skip

    told = json.loads(out.getvalue().strip().splitlines()[-1])
    assert caught.value.returncode == 1
    assert told["passed"] is False
    assert [gate["met"] for gate in told["gates"]] == [True, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: it is not JSON"),
        ('{"question": ""}', "line 1: question"),
        ('{"question": "Is it?", "relevant": [{"path": "gone.md"}]}', "line 1: relevant[0].path: there is no document"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_used_end_with_status_2(
    library: Source, documents: Path, questions: Path, text: str, problem: str
) -> None:
    questions.write_text(text, encoding="utf-8")
    before = rows()

    with pytest.raises(CommandError) as caught:
        run("evaluate_retrieval", "--documents", documents, "--questions", questions)

    assert caught.value.returncode == 2
    assert problem in str(caught.value)
    assert rows() == before


@pytest.mark.parametrize(
    "arguments",
    [("--source", "nowhere"), ("--documents", "/nowhere"), ("--source", "tests", "--gate", "beauty=1")],
)
def test_other_input_that_cannot_be_used_ends_with_status_2(
    library: Source, questions: Path, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as caught:
        run("evaluate_retrieval", "--questions", questions, *arguments)

    assert caught.value.returncode == 2


def test_questions_about_documents_that_are_not_there_can_be_left_out(
    library: Source, documents: Path, questions: Path
) -> None:
    (documents / "frais.md").unlink()

    out = run("evaluate_retrieval", "--documents", documents, "--questions", questions, "--skip-missing", "--json")

    assert json.loads(out.strip().splitlines()[-1])["n"] == 3


def test_a_run_is_kept_when_asked_for(library: Source, questions: Path) -> None:
    run("evaluate_retrieval", "--source", "tests", "--questions", questions, "--store", "--name", "Mine", "--gates")

    row = EvaluationRun.objects.get()
    assert (row.name, row.question_count, row.has_passed) == ("Mine", 4, True)
    assert row.collection.startswith("Tests: 4 documents")


PROGRAM = """
import signal, sys, django
from django.conf import settings
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal: a background job of a shell ignores it
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv.pop(1)
from django.core.management import call_command
call_command("evaluate_retrieval", *sys.argv[1:])
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_leaves_nothing_behind(
    library: Source, documents: Path, questions: Path, request_to_end: signal.Signals
) -> None:
    before = rows()
    database = connection.settings_dict["NAME"]
    command = [sys.executable, "-c", PROGRAM, database, "--documents", str(documents), "--questions", str(questions)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if line.startswith("store"))
        process.send_signal(request_to_end)
        process.communicate()

    assert process.returncode != 0
    assert rows() == before


def test_a_threshold_is_proposed_and_only_stored_when_asked(library: Source, questions: Path) -> None:
    arguments = ("--source", "tests", "--questions", questions, "--json")

    told = json.loads(run("calibrate_threshold", *arguments).strip().splitlines()[-1])

    assert IndexVersion.objects.get().least_cosine is None
    assert (told["applied"], len(told["curve"]), told["n"]) == (False, 101, 4)
    assert told["proposed"]["wrong_refusals"] <= 0.1
    assert told["current"]["threshold"] == LibraryPolicy.objects.get().confidence_threshold

    stored = json.loads(run("calibrate_threshold", *arguments, "--apply").strip().splitlines()[-1])

    assert stored["applied"] is True
    assert IndexVersion.objects.get().least_cosine == stored["proposed"]["threshold"]
    again = json.loads(run("calibrate_threshold", *arguments).strip().splitlines()[-1])
    assert again["curve"] == told["curve"]  # the space's own threshold does not hide what others would do
    assert again["current"]["threshold"] == stored["proposed"]["threshold"]


def test_a_threshold_needs_questions_of_both_kinds(library: Source, questions: Path) -> None:
    questions.write_text(json.dumps(LINES[0]), encoding="utf-8")

    with pytest.raises(CommandError, match="both kinds"):
        run("calibrate_threshold", "--source", "tests", "--questions", questions)


def test_the_curve_is_printed(library: Source, questions: Path) -> None:
    out = run("calibrate_threshold", "--source", "tests", "--questions", questions)

    assert "threshold   abstained   wrongly   Youden" in out
    assert "Nothing was changed; --apply stores it." in out


def test_numbers_of_the_fusion_are_proposed_and_noise_is_not_applied(library: Source, questions: Path) -> None:
    before = LibraryPolicy.objects.values().get()

    out = run("tune_retrieval", "--source", "tests", "--questions", questions, "--apply")

    assert "Best over all questions" in out
    assert "Nothing was changed." in out
    assert LibraryPolicy.objects.values().get() == before


def test_numbers_of_the_fusion_are_told_to_programs(library: Source, questions: Path) -> None:
    told = json.loads(run("tune_retrieval", "--source", "tests", "--questions", questions, "--json").splitlines()[-1])

    assert told["applied"] is False
    assert told["within_noise"] is True
    assert told["current"] == {"rrf_constant": 60, "dense_weight": 1.0, "depth": 50}
    assert len(told["best"]) == 10
