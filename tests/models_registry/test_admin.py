"""The administrator's rows act, keys are shown once, ledgers are read only."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from models_registry.models import ApiKey, Exposure, Generation, LanguageModel, Provider, Pull, Rollout, Route, Strategy
from models_registry.services import keys
from tests.models_registry.conftest import MODEL
from tests.models_registry.rows import NOW, host, model, strategy

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


def url(row, page="changelist", *args):
    return reverse(f"admin:models_registry_{row._meta.model_name}_{page}", args=args)


def act(admin, table, action, *rows):
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    return [str(message) for message in get_messages(admin.post(url(table), body).wsgi_request)]


@pytest.mark.parametrize(
    "table", [Provider, LanguageModel, Pull, Route, Strategy, Rollout, Exposure, Generation, ApiKey]
)
def test_every_list_opens(admin, table):
    ollama = host()
    model(ollama, "phi3:medium")
    strategy("quick", "phi3:medium")
    rollout = Rollout.objects.create(slug="advice-v2", name="Advice")
    Exposure.objects.create(rollout=rollout, unit="n", variant="v2", bucket=1, share_percent=1)
    Generation.objects.create(purpose="advice", query_type="quick", outcome="completed")
    Pull.objects.create(provider=ollama, model="phi3:medium", completed_bytes=1, total_bytes=3)
    Route.objects.create(purpose="chat", kinds=["ollama"], previous={"kinds": ["openai"], "model": "x"})
    keys.create("k")

    assert admin.get(url(table)).status_code == 200
    assert admin.get(url(table, "change", table.objects.get().pk)).status_code == 200


@pytest.mark.parametrize("table", [Exposure, Generation])
def test_ledgers_are_read_only(rf, table):
    request = rf.get("/")
    request.user = User.objects.create_superuser("root", password=None)
    page = site.get_model_admin(table)

    assert page.has_view_permission(request)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_models_are_found_not_typed(rf):
    assert not site.get_model_admin(LanguageModel).has_add_permission(rf.get("/"))


def test_a_new_key_is_shown_once_and_its_hash_never(admin):
    body = {"name": "bot", "tier": "premium", "is_active": "on"}
    response = admin.post(url(ApiKey, "add"), body)

    row = ApiKey.objects.get()
    (text,) = re.findall(r"lnr_\S+", " ".join(str(m) for m in get_messages(response.wsgi_request)))
    assert keys.authenticate(text, at=NOW) == row
    page = admin.get(url(ApiKey, "change", row.pk)).content.decode()
    again = admin.get(url(ApiKey, "change", row.pk)).content.decode()
    assert row.key_sha256 not in page + again
    assert text not in again


def test_an_edit_of_a_key_leaves_the_key_as_it_is(admin):
    new = keys.create("bot")

    admin.post(url(ApiKey, "change", new.row.pk), {"name": "renamed", "tier": "free", "is_active": "on"})

    opened = keys.authenticate(new.text, at=NOW)
    assert opened
    assert opened.name == "renamed"


def test_a_key_is_revoked_in_one_click(admin):
    new = keys.create("bot")

    assert act(admin, ApiKey, "revoke", new.row) == ["1 keys revoked."]
    assert keys.authenticate(new.text, at=NOW) is None


def test_a_host_is_checked_on_demand(admin, server):
    alive = host(base_url=server.url, is_healthy=None)
    dead = host("dead", is_healthy=None)

    told = act(admin, Provider, "check_now", alive, dead)

    assert any("answers, 2 models" in line for line in told)
    assert any("dead: The connection" in line for line in told)
    assert Provider.objects.get(slug="ollama").is_healthy


def test_a_host_shows_its_memory_and_whether_its_key_is_set(admin, monkeypatch):
    monkeypatch.setenv("LNRAG_SECRET_A", "sk-hidden")
    row = host(secret_name="LNRAG_SECRET_A")
    model(row, "phi3:medium", resident_until=timezone.now() + timedelta(minutes=20), vram_share=0.5)
    model(row, "<b>:1", resident_until=timezone.now() + timedelta(days=9999))

    page = admin.get(url(Provider, "change", row.pk)).content.decode()

    assert "LNRAG_SECRET_A is set." in page
    assert "sk-hidden" not in page
    assert "50% on the card" in page
    assert "for ever" in page
    assert "<b>:1" not in page
    assert "phi3:medium" in admin.get(url(Provider)).content.decode()


@pytest.mark.parametrize("table", [Provider, LanguageModel, Pull, Route])
def test_a_longer_list_costs_no_more_queries(admin, table, django_assert_max_num_queries):
    def add(count, of):
        for number in range(count):
            row = host(f"{of}{number}")
            model(row, "phi3:medium", resident_until=timezone.now())
            Pull.objects.create(provider=row, model="phi3:medium")
            Route.objects.create(purpose=f"{of}{number}")

    add(2, "a")
    with CaptureQueriesContext(connection) as few:
        admin.get(url(table))
    add(15, "b")

    with django_assert_max_num_queries(len(few)):
        admin.get(url(table))


def test_a_host_without_an_address_or_with_a_strange_lifetime_is_refused(admin):
    row = host()
    page = admin.get(url(Provider, "change", row.pk))
    body = {name: value for name, value in page.context["adminform"].form.initial.items() if value not in (None, False)}

    refused = admin.post(url(Provider, "change", row.pk), {**body, "keep_alive": "half an hour"}).content.decode()
    assert "Enter a duration such as 30m" in refused
    refused = admin.post(url(Provider, "change", row.pk), {**body, "base_url": ""}).content.decode()
    assert "needs an address" in refused
    admin.post(url(Provider, "change", row.pk), {**body, "keep_alive": "1h"})
    assert Provider.objects.get().keep_alive == "1h"


def test_the_main_model_of_a_host_is_loaded_by_a_job(admin):
    row, empty = host(), host("empty")
    model(row, "phi3:medium")

    told = act(admin, Provider, "load_main_model", row, empty)

    assert sorted(told) == ["Empty: it has no model that can speak.", "Ollama: phi3:medium is being loaded."]
    assert OrmQ.objects.count() == 1


def test_models_are_let_go(admin, server):
    row = model(host(base_url=server.url), MODEL)
    stuck = model(host("away"), "phi3:medium")

    told = act(admin, LanguageModel, "unload", row, stuck)

    assert "1 model let go." in told
    assert any(line.startswith("phi3:medium: ") for line in told)


def test_specialties_are_edited_and_measured_values_are_not(admin):
    row = model(host(), "phi3:medium", observed_calls=3, specialties=["fast"])

    admin.post(
        url(LanguageModel, "change", row.pk),
        {"is_enabled": "on", "specialties": "code\n translate ", "observed_calls": "99", "tag": "other"},
    )

    row.refresh_from_db()
    assert (row.specialties, row.observed_calls, row.tag) == (["code", "translate"], 3, "phi3:medium")


class TestPulls:
    def test_a_host_leads_to_the_form_with_itself_chosen(self, admin):
        row = host()
        body = {"action": "pull_a_model", "_selected_action": [row.pk]}

        led = admin.post(url(Provider), body)

        assert led["Location"] == f"{url(Pull, 'add')}?provider={row.pk}"
        assert "selected" in admin.get(led["Location"]).content.decode()

    def test_a_download_is_asked_for_and_shared(self, admin):
        row = host()
        for _ in range(2):
            assert admin.post(url(Pull, "add"), {"provider": row.pk, "model": "mistral:7b"}).status_code == 302

        assert Pull.objects.get().state == "queued"
        assert OrmQ.objects.count() == 1

    @pytest.mark.parametrize("name", ["mistral:latest", "mistral", "<script>:1"])
    def test_a_name_that_is_no_fixed_tag_is_refused(self, admin, name):
        answer = admin.post(url(Pull, "add"), {"provider": host().pk, "model": name})

        assert answer.status_code == 200
        assert not Pull.objects.exists()

    def test_a_host_that_cannot_download_is_not_offered(self, admin):
        row = host("gpt", kind="openai")

        assert admin.post(url(Pull, "add"), {"provider": row.pk, "model": "a:1"}).status_code == 200
        assert not Pull.objects.exists()

    def test_the_list_shows_a_bar_that_lives_while_the_download_does(self, admin):
        row = host()
        Pull.objects.create(provider=row, model="a:1", state="running", completed_bytes=25, total_bytes=100)
        Pull.objects.create(provider=row, model="b:1", state="failed", status="<b>no</b>")

        page = admin.get(url(Pull)).content.decode()

        assert '<progress max="100" value="25">' in page
        assert page.count("data-live") == 1
        assert "js/admin_progress.js" in page
        assert "<b>no</b>" not in page

    def test_one_is_canceled_and_pulled_again(self, admin):
        row = Pull.objects.create(provider=host(), model="a:1")

        assert act(admin, Pull, "cancel", row)[-1] == "1 download canceled."
        row.refresh_from_db()
        assert row.state == "canceled"

        assert act(admin, Pull, "pull_again", row)[-1] == "1 download queued."
        assert Pull.objects.filter(state="queued").count() == 1


class TestRoutes:
    def test_a_change_goes_back_in_one_click(self, admin):
        row = Route.objects.create(purpose="chat", kinds=["ollama"])

        admin.post(url(Route, "change", row.pk), {"purpose": "other", "kinds": ["ollama", "openai"], "model": "gpt"})
        row.refresh_from_db()
        assert (row.purpose, row.kinds, row.model, row.epoch) == ("chat", ["ollama", "openai"], "gpt", 1)

        told = act(admin, Route, "roll_back", row)[-1]
        row.refresh_from_db()
        assert "as before" in told
        assert (row.kinds, row.model, row.epoch) == (["ollama"], "", 2)

    def test_without_a_change_there_is_nothing_to_go_back_to(self, admin):
        row = Route.objects.create(purpose="chat", kinds=["ollama"])

        assert act(admin, Route, "roll_back", row) == ["chat: there is nothing to go back to."]

    def test_a_kind_there_is_none_of_is_refused(self, admin):
        row = Route.objects.create(purpose="chat", kinds=["ollama"])

        assert admin.post(url(Route, "change", row.pk), {"kinds": ["telegraph"]}).status_code == 200
        assert Route.objects.get().kinds == ["ollama"]


def test_a_model_is_loaded_by_a_job(admin):
    row = model(host(), "phi3:medium")

    assert act(admin, LanguageModel, "load_into_memory", row) == ["1 loading jobs queued."]
    assert OrmQ.objects.count() == 1


def test_a_probe_says_a_few_words_and_is_kept_in_the_ledger(admin, server):
    server.respond_with(lambda _request: ["I am ", "ready ", "<b>now</b>."])
    alive = host(base_url=server.url)
    row, mute = model(alive, MODEL), model(alive, "nomic-embed-text", capabilities=["embedding"])
    dead = model(host("dead"), MODEL)

    told = act(admin, LanguageModel, "have_it_speak", row, mute, dead)

    said = rf"{MODEL} on ollama: first word after \d+ ms.* It said: I am ready .*"
    assert any(re.fullmatch(said, one) for one in told)
    assert "nomic-embed-text on ollama said nothing: it does not speak" in told
    assert any(one.startswith(f"{MODEL} on dead said nothing: ") for one in told)
    rows = {one.outcome: one for one in Generation.objects.filter(purpose="probe")}
    assert rows["completed"].generated_tokens
    assert rows["failed"].error_code == "no_model_available"
    assert server.requests_for("/api/chat")[-1].body["options"]["num_predict"] == 48  # the first one loads


def test_a_probe_of_many_models_is_refused(admin):
    alive = host()
    rows = [model(alive, f"m:{number}b") for number in range(6)]

    assert act(admin, LanguageModel, "have_it_speak", *rows) == ["Choose at most 5 models."]
    assert not Generation.objects.exists()


def test_a_strategys_models_are_written_one_per_line(admin):
    row = strategy("quick", "phi3:medium")
    body = {
        "query_type": "quick",
        "is_enabled": "on",
        "temperature": 0.2,
        "top_p": 0.9,
        "top_k": 40,
        "repeat_penalty": 1.1,
        "num_ctx": 8192,
        "max_tokens": 500,
    }
    assert "phi3:medium" in admin.get(url(Strategy, "change", row.pk)).content.decode()

    admin.post(url(Strategy, "change", row.pk), {**body, "models_in_order": " mistral \r\n\r\nphi3:medium\n"})
    assert Strategy.objects.get().models_in_order == ["mistral", "phi3:medium"]

    refused = admin.post(url(Strategy, "change", row.pk), {**body, "models_in_order": "phi3:latest"})
    assert "no fixed model" in refused.content.decode()
    admin.post(url(Strategy, "change", row.pk), {**body, "models_in_order": ""})
    assert Strategy.objects.get().models_in_order == []


def test_the_share_of_a_rollout_is_edited_and_its_slug_is_not(admin):
    row = Rollout.objects.create(slug="advice-v2", name="Advice")
    inline = {f"variants-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    growth = {"steps": "[10, 100]", "gate_days": 7, "gate_units": 30, "shadow_days": 0, "guards": ["errors"]}
    body = {"name": "Advice", "slug": "other", "is_enabled": "on", "share_percent": "25.5", "note": ""}

    admin.post(url(Rollout, "change", row.pk), {**body, **growth, **inline})
    row.refresh_from_db()
    assert (row.slug, str(row.share_percent)) == ("advice-v2", "25.50")

    assert admin.post(url(Rollout, "change", row.pk), {**body, "share_percent": "101"}).status_code == 200
    assert admin.get(url(Rollout, "add")).status_code == 200
