"""The administration's pages of evaluation runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from models_registry.models import Rollout
from rag import tasks
from rag.domain.evaluation_figures import Found, Outcome, figures
from rag.models import EvaluationRun, Source
from rag.services.ingest import load_library
from rag.services.keep_evaluation import BUILT_IN_QUESTIONS, run_built_in
from tests.rag.conftest import NOW
from tests.rag.domain.test_evaluation_figures import outcome, unanswerable

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
LIST = reverse("admin:rag_evaluationrun_changelist")
START = reverse("admin:rag_evaluationrun_start")


def made(*outcomes: Outcome, **changes: Any) -> EvaluationRun:
    summed = figures(outcomes)
    values: dict[str, Any] = {
        "name": "A run",
        "created_at": NOW,
        "collection": "Tests: 4 documents, 9 passages",
        "questions_sha256": "a" * 64,
        "question_count": len(outcomes),
        "space": "a-space",
        "options": {"k": 8},
        "figures": summed,
        "steps": {"lexical only": summed, "all steps": summed},
        "gates": [{"name": "recall_at_5", "words": "recall_at_5 ≥ 0.8: 0.5", "is_met": False}],
        "has_passed": False,
        "questions": [as_row(one) for one in outcomes],
    }
    return EvaluationRun.objects.create(**(values | changes))


def as_row(one: Outcome) -> dict[str, Any]:
    from_slots = {name: getattr(one, name) for name in Outcome.__dataclass_fields__}
    found = [{"uid": hit.uid, "breadcrumb": hit.breadcrumb, "has_answer": hit.has_answer} for hit in one.found]
    return from_slots | {"found": found}


def page(client: Client, run: EvaluationRun, query: str = "") -> str:
    response = client.get(reverse("admin:rag_evaluationrun_change", args=(run.pk,)) + query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss", password="a long password"))
    return client


def test_the_list_shows_figures_and_what_is_under_way(boss: Client) -> None:
    made(outcome("1"), unanswerable("2", is_refused=True))
    made(name="Now", state="running", done=40, total=170, message="all steps", has_passed=None)
    made(name="Broken", state="failed", message="no reason", has_passed=None)

    text = boss.get(LIST).content.decode()

    assert "100.0\N{NO-BREAK SPACE}%" in text
    assert "missed" in text
    assert "40 of 170, all steps" in text
    assert "failed" in text


def test_a_report_shows_figures_intervals_groups_steps_and_gates(boss: Client) -> None:
    run = made(*(outcome(str(number)) for number in range(9)), outcome("miss", documents=("x",), answer_rank=None))

    text = page(boss, run)

    assert "90.0 %" in text
    assert "95 % interval" in text
    assert "missed: recall_at_5 ≥ 0.8: 0.5" in text
    assert "lexical only" in text
    assert "1 question failed" in text


def test_failed_questions_are_shown_with_what_was_found_instead(boss: Client) -> None:
    found = (Found("x.md", "Library > Other", False), Found("a.md", "Library > Right", True))
    missed = outcome("miss", question="Where is it?", documents=("x",), answer_rank=7, found=found)

    text = page(boss, made(missed, replace(missed, id="refused", is_refused=True), unanswerable("not")))

    assert "Where is it?" in text
    assert "answer only at place 7" in text
    assert "refused, but it can be answered" in text
    assert "answered, but nothing there holds the answer" in text
    assert "Library &gt; Right" in text


def test_what_strangers_wrote_is_text(boss: Client) -> None:
    found = (Found(HOSTILE, HOSTILE, False),)
    hostile = outcome(
        "q",
        question=HOSTILE,
        documents=("x",),
        answer_rank=None,
        found=found,
        expected=(HOSTILE,),
        missing_terms=(HOSTILE,),
    )
    first = made(hostile, name=HOSTILE, collection=HOSTILE, space=HOSTILE)
    second = made(outcome("q", question=HOSTILE), name=HOSTILE)

    compared = boss.get(reverse("admin:rag_evaluationrun_compare", args=(first.pk, second.pk))).content.decode()

    for text in (page(boss, first), boss.get(LIST).content.decode(), compared):
        assert HOSTILE not in text
        assert "&lt;script&gt;alert(1)" in text


def test_many_failed_questions_come_in_pages(boss: Client) -> None:
    run = made(*(outcome(f"id-{number:02}", documents=("x",)) for number in range(45)))

    first, third = page(boss, run), page(boss, run, "?page=3")

    assert "id-00" in first
    assert "id-44" not in first
    assert "id-44" in third
    assert "41–45 of 45" in third


def test_a_run_without_figures_and_one_that_failed_open_as_well(boss: Client) -> None:
    text = page(boss, made(state="queued", figures={}, steps={}, gates=[], has_passed=None, message="Waits."))

    assert "data-live" in text
    assert "Waits." in text
    assert "it broke" in page(boss, made(state="failed", message="it broke", figures={}, steps={}, gates=[]))


def test_two_runs_of_equal_questions_are_compared(boss: Client) -> None:
    first = made(outcome("1", documents=("x",), answer_rank=None), outcome("2"))
    second = made(outcome("1"), outcome("2"), name="Later")

    chosen = {"action": "compare_runs", "_selected_action": [first.pk, second.pk]}
    response = boss.post(LIST, chosen, follow=True)

    text = response.content.decode()
    assert response.redirect_chain[0][0].endswith(f"/{first.pk}/against/{second.pk}/")
    assert "document among the first 5" in text
    assert "may be chance" in text
    assert "+50.0" in text
    assert "won" in text
    assert "Later" in page(boss, first)  # a run names those it can be compared with


def test_runs_of_other_questions_are_not_compared(boss: Client) -> None:
    first, second = made(outcome("1")), made(outcome("1"), questions_sha256="b" * 64)

    chosen = {"action": "compare_runs", "_selected_action": [first.pk, second.pk]}

    assert "Choose two finished runs" in boss.post(LIST, chosen, follow=True).content.decode()
    assert boss.get(reverse("admin:rag_evaluationrun_compare", args=(first.pk, second.pk))).status_code == 404


def test_the_button_queues_the_built_in_questions_once(boss: Client) -> None:
    response = boss.post(START, follow=True)
    again = boss.post(START, follow=True)

    run = EvaluationRun.objects.get()
    assert run.state == "queued"
    assert "The built-in questions are being asked." in response.content.decode()
    assert "A run is under way already" in again.content.decode()


def test_nothing_starts_by_following_a_link_or_without_the_right(boss: Client) -> None:
    assert boss.get(START).status_code == 405
    viewer = get_user_model().objects.create_user("viewer", password="a long password", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_evaluationrun"))
    boss.force_login(viewer)

    assert START not in boss.get(LIST).content.decode()
    assert boss.post(START).status_code == 403
    assert "A run" in page(boss, made(outcome("1")))


def test_who_may_not_see_runs_sees_none(boss: Client) -> None:
    run = made(outcome("1"))
    boss.force_login(get_user_model().objects.create_user("staff", password="a long password", is_staff=True))

    for name, arguments in (("change", (run.pk,)), ("compare", (run.pk, run.pk)), ("changelist", ())):
        assert boss.get(reverse(f"admin:rag_evaluationrun_{name}", args=arguments)).status_code == 403


def test_the_job_asks_the_questions_of_the_library_and_tells_how_far_it_is(
    boss: Client, library: Source, tmp_path: Path
) -> None:
    load_library(at=NOW)
    file = tmp_path / "few.jsonl"
    file.write_text("".join(BUILT_IN_QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)[::20]), "utf-8")
    boss.post(START)
    run = EvaluationRun.objects.get()

    row = Rollout.objects.create(slug="words", name="Words", purpose="answer", share_percent=50, state="running")
    row.variants.create(slug="words", changes=[{"kind": "retrieval", "dense_weight": 0}])

    run_built_in(run.pk, at=NOW, file=file)

    run.refresh_from_db()
    assert (run.state, run.question_count, run.done, run.total) == ("done", 11, 11, 11)
    ((tried, recall),) = run.options["recall_at_5_on_trial"].items()
    assert (tried, recall > 0.7) == (str(row.pk), True)
    row.refresh_from_db()
    assert row.state == "running"
    assert run.figures["by_lang"]["fr"]["recall_at_5"] > 0.5
    assert "What each step contributes" in page(boss, run)


def test_a_job_that_cannot_ask_says_why_in_its_row(boss: Client, library: Source) -> None:
    boss.post(START)
    run = EvaluationRun.objects.get()

    tasks.run_evaluation(run_id=run.pk)
    tasks.run_evaluation(run_id=run.pk)  # delivered twice

    run.refresh_from_db()
    assert run.state == "failed"
    assert "library holds no documents" in run.message


def test_an_old_run_can_be_deleted_and_none_changed(boss: Client) -> None:
    run = made(outcome("1"))

    boss.post(reverse("admin:rag_evaluationrun_change", args=(run.pk,)), {"name": "Better"})
    assert EvaluationRun.objects.get().name == "A run"
    boss.post(reverse("admin:rag_evaluationrun_delete", args=(run.pk,)), {"post": "yes"})
    assert not EvaluationRun.objects.exists()
