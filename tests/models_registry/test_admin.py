"""The administrator's rows act, keys are shown once, ledgers are read only."""

import re

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse
from django_q.models import OrmQ

from models_registry.models import ApiKey, Exposure, Generation, LanguageModel, Provider, Rollout, Strategy
from models_registry.services import keys
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


@pytest.mark.parametrize("table", [Provider, LanguageModel, Strategy, Rollout, Exposure, Generation, ApiKey])
def test_every_list_opens(admin, table):
    ollama = host()
    model(ollama, "phi3:medium")
    strategy("quick", "phi3:medium")
    rollout = Rollout.objects.create(slug="advice-v2", name="Advice")
    Exposure.objects.create(rollout=rollout, unit="n", variant="v2", bucket=1, share_percent=1)
    Generation.objects.create(purpose="advice", query_type="quick", outcome="completed")
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


def test_a_model_is_loaded_by_a_job(admin):
    row = model(host(), "phi3:medium")

    assert act(admin, LanguageModel, "load_into_memory", row) == ["1 loading jobs queued."]
    assert OrmQ.objects.count() == 1


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
    body = {"name": "Advice", "slug": "other", "is_enabled": "on", "share_percent": "25.5", "note": ""}

    admin.post(url(Rollout, "change", row.pk), body)
    row.refresh_from_db()
    assert (row.slug, str(row.share_percent)) == ("advice-v2", "25.50")

    assert admin.post(url(Rollout, "change", row.pk), {**body, "share_percent": "101"}).status_code == 200
    assert admin.get(url(Rollout, "add")).status_code == 200
