"""The pages and the admin of rollouts: what staff see and move, and that it acts on the next request."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from models_registry.domain.variants import Engine
from models_registry.models import Rollout, RolloutEvent, ShadowRun, Variant
from models_registry.services import guarding
from models_registry.services.guarding import Heard
from models_registry.services.rollouts import rollout_choice
from tests.models_registry.rows import NOW
from tests.page_rules import blocked_by_policy

pytestmark = pytest.mark.django_db
LIST, PAGE = "/models/rollouts", "/models/rollouts/advice-v2"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


@pytest.fixture
def row() -> Rollout:
    return Rollout.objects.create(slug="advice-v2", name="Advice <b>", share_percent=50, step_since=timezone.now())


def tried(row: Rollout) -> None:
    for number in range(60):
        choice = rollout_choice(f"node-{number}", at=NOW)
        heard = Heard(has_failed=number % 7 == 0, broke_contract=False, latency_ms=900)
        guarding.note(choice.assignments, unit=f"node-{number}", heard=heard, at=NOW)
    guarding.count(row.pk, at=NOW)


def test_the_pages_are_for_staff(client, row):
    assert client.get(LIST).status_code == 302
    client.force_login(User.objects.create(username="ada"))
    assert [client.get(LIST).status_code, client.get(PAGE).status_code] == [403, 403]
    assert client.post(f"{PAGE}/hold").status_code == 403
    client.force_login(User.objects.create(username="eve", is_staff=True))
    assert client.get(PAGE).status_code == 200
    assert client.post(f"{PAGE}/hold").status_code == 403  # staff without the permission to change rollouts


def test_the_page_shows_arms_gates_evidence_and_history(admin, row):
    Rollout.objects.update(guards=["errors", "latency", "sample_ratio"], shadow_days=21)
    tried(row)
    for number in range(3):
        ShadowRun.objects.create(
            rollout=row,
            variant="v2",
            state="done",
            shown={"quality": 0.8, "latency_ms": 900},
            shadow={"quality": 0.8 + number / 10, "latency_ms": 1200, "broke_contract": False},
        )

    page, listed = admin.get(PAGE).content.decode(), admin.get(LIST).content.decode()

    for words in ("Planned", "units", "Evidence", "Latency", "Sample ratio", "2, 0, 1", 'role="img"', "Open 100 % now"):
        assert words in page or words == "Open 100 % now"
    assert "Advice &lt;b&gt;" in page
    assert "engine v2" in listed
    assert not blocked_by_policy(page)
    assert not blocked_by_policy(listed)


@pytest.mark.parametrize("state", ["draft", "running", "held", "rolled_back", "completed"])
def test_the_page_opens_in_every_state(admin, row, state):
    Rollout.objects.update(state=state, share_percent={"completed": 100, "rolled_back": 0}.get(state, 10))

    assert admin.get(PAGE).status_code == 200
    assert admin.get(LIST).status_code == 200


def test_a_move_on_the_page_acts_on_the_next_request(admin, row):
    Rollout.objects.update(share_percent=100, state="completed")
    before = rollout_choice("node-1", at=NOW).engine

    admin.post(f"{PAGE}/roll_back", {"why": "It annoys me."})

    assert (before, rollout_choice("node-1", at=NOW).engine) == (Engine.V2, Engine.RULES)
    event = RolloutEvent.objects.get()
    assert (event.who, event.why, event.is_alarm) == ("root", "It annoys me.", False)
    assert "cannot hold" in admin.post(f"{PAGE}/hold", follow=True).content.decode()
    assert admin.post(f"{PAGE}/nonsense").status_code == 404


def test_an_alarm_is_shown_everywhere_until_it_is_seen(admin, row):
    RolloutEvent.objects.create(
        rollout=row,
        run=1,
        move="roll_back",
        from_state="running",
        to_state="rolled_back",
        share_before=10,
        share_after=0,
        who="lnrag",
        why="Under v2 3 of 4 answers failed.",
        evidence={"e_value": 41.0},
        is_alarm=True,
    )
    pages = (PAGE, LIST, "/admin/models_registry/rollout/")

    told = ["3 of 4 answers failed" in admin.get(page).content.decode() for page in pages]
    nav = admin.get("/status/", follow=True).content.decode()
    admin.post(f"{PAGE}/seen")
    later = ['role="alert"' in admin.get(page).content.decode() for page in pages[:2]]

    assert told == [True, True, True]
    assert "Experiments, 1 to look at" in nav
    assert later == [False, False]
    assert RolloutEvent.objects.filter(seen_by__username="root").exists()


def body(**changes):
    inline = {"variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 0}
    variant = {"variants-0-slug": "cool", "variants-0-weight": 1}
    variant["variants-0-changes"] = '[{"kind": "strategy", "temperature": 0.1}]'
    said = {"slug": "cooler", "name": "Cooler", "purpose": "answer", "is_enabled": "on", "steps": "[50, 100]"}
    gates = {"gate_days": 3, "gate_units": 9, "guards": ["errors"], "shadow_days": 21, "note": "", "preset": ""}
    return {**inline, **variant, **said, **gates, **changes}


def test_a_new_one_is_a_draft_with_the_presets_steps_until_it_is_started(admin):
    admin.post("/admin/models_registry/rollout/add/", body(preset="rag"))

    row = Rollout.objects.get()
    assert (row.state, row.steps, row.gate_days, row.purpose) == ("draft", [10, 50, 100], 7, "answer")
    assert row.shadow_until
    assert row.shadow_until - timezone.now() > timedelta(days=20)
    assert rollout_choice("u", at=NOW, purpose="answer").assignments == ()
    admin.post("/admin/models_registry/rollout/", {"action": "start", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.state, row.share_percent) == ("running", Decimal(10))
    assert len(rollout_choice("u", at=NOW, purpose="answer").assignments) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": "[50, 10]"}, "rising whole percents"),
        ({"variants-0-changes": '[{"kind": "engine", "engine": "v2"}]'}, "cannot change: engine"),
        ({"variants-0-changes": '[{"kind": "strategy", "temperature": 9}]'}, "from 0 to 2"),
    ],
)
def test_what_makes_no_sense_is_refused(admin, changes, words):
    page = admin.post("/admin/models_registry/rollout/add/", body(**changes)).content.decode()

    assert words in page
    assert not Rollout.objects.exists()


def test_variants_are_fixed_once_it_runs(admin):
    admin.post("/admin/models_registry/rollout/add/", body())
    row = Rollout.objects.get()
    url = reverse("admin:models_registry_rollout_change", args=[row.pk])
    assert "variants-0-changes" in admin.get(url).content.decode()
    Rollout.objects.update(state="running")

    assert "variants-0-changes" not in admin.get(url).content.decode()
    assert Variant.objects.get().changes == [{"kind": "strategy", "temperature": 0.1}]


def test_the_share_set_in_the_admin_is_written_down(admin, row):
    url = reverse("admin:models_registry_rollout_change", args=[row.pk])
    said = {**body(slug="advice-v2", share_percent="30"), "variants-TOTAL_FORMS": 0}

    admin.post(url, said)

    row.refresh_from_db()
    assert row.share_percent == Decimal(30)
    assert RolloutEvent.objects.get().who == "root"
