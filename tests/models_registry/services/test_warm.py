"""Loading a model ahead of need is a job."""

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from models_registry import tasks
from models_registry.domain.errors import ModelNotInstalled, ProviderRejected
from models_registry.models import LanguageModel
from models_registry.services import warm
from tests.models_registry.conftest import MODEL
from tests.models_registry.rows import host, model, strategy

pytestmark = pytest.mark.django_db


def test_a_model_is_loaded_with_the_window_it_will_be_asked_with(server):
    row = model(host(base_url=server.url), MODEL)
    strategy("detailed", MODEL, num_ctx=4096)

    tasks.load_model(model_id=row.pk, later_argument=1)

    (load,) = server.loads
    assert load.options["num_ctx"] == 4096
    assert server.generations == ()


def test_a_removed_model_is_not_loaded(server):
    row = model(host(base_url=server.url), MODEL, is_installed=False)

    tasks.load_model(model_id=row.pk)
    tasks.load_model(model_id=0)

    assert server.requests == ()


def test_what_the_host_does_not_have_is_an_error(server):
    row = model(host(base_url=server.url), "absent:1b")

    with pytest.raises(ModelNotInstalled):
        tasks.load_model(model_id=row.pk)


def test_a_host_without_memory_for_models_refuses():
    row = model(host("echo", kind="echo", base_url=""), "echo")

    with pytest.raises(ProviderRejected):
        warm.load(model_id=row.pk)


def test_each_model_is_a_job_of_its_own():
    ollama = host()
    model(ollama, "a:1")
    model(ollama, "b:1")

    assert warm.enqueue(LanguageModel.objects.all()) == 2
    assert OrmQ.objects.count() == 2


def test_a_model_is_let_go_and_the_host_looked_at_again(server):
    row = model(host(base_url=server.url), MODEL)
    warm.load(model_id=row.pk)
    assert len(server.loads) == 1

    assert warm.unload([row], at=timezone.now()) == ()

    assert len(server.unloads) == 1
    row.refresh_from_db()
    assert row.resident_until is None


def test_a_model_that_cannot_be_let_go_is_named():
    row = model(host(), MODEL)

    (refusal,) = warm.unload([row], at=timezone.now())

    assert refusal.startswith(f"{MODEL}: ")


def test_the_main_model_of_a_host_is_the_one_asked_first():
    first, second = host(), host("second", priority=20)
    model(first, "mistral:7b")
    wanted = model(first, "phi3:medium")
    model(second, "gemma2:9b")
    strategy("detailed", "phi3:medium", "mistral")

    assert warm.main_model(first) == wanted
    assert str(warm.main_model(second)) == "gemma2:9b"
    assert warm.main_model(host("empty")) is None
