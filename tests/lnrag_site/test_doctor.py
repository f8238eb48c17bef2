"""The doctor names each fault with its next step, keeps keys to itself, and exits 1 only for real faults."""

import json

import pytest
from django.core.management import call_command
from django.test import Client

from lnrag_site import diagnosis, model_diagnosis
from models_registry.domain.breaker import BreakerState
from models_registry.domain.hardware import Hardware
from models_registry.models import Breaker, LanguageModel, Provider, Strategy
from models_registry.services import hardware
from tests.models_registry.rows import NOW, host, model, strategy
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def ollama():
    with OllamaServer() as server:
        yield server


def finding(name):
    return next(one for one in model_diagnosis.diagnose_models(at=NOW) if one.name == name)


def test_all_is_well_with_a_host_that_holds_what_the_strategies_name(ollama):
    host(base_url=ollama.url)
    strategy("quick", "llama3:8b-instruct")

    found = model_diagnosis.diagnose_models(at=NOW)

    assert [one.name for one in found if not one.is_well] == []
    assert "0.33.0" in found[0].detail


def test_nothing_about_models_is_a_fault():
    host()
    strategy("quick", "phi3:medium")

    assert not any(one.is_fault for one in model_diagnosis.diagnose_models(at=NOW) if not one.is_well)


@pytest.mark.parametrize(
    ("name", "prepare", "told"),
    [
        ("model hosts", lambda: host(), "No answer from Ollama at http://localhost:1"),
        ("models of the strategies", lambda: strategy("quick", "phi3:medium"), "No model is installed for quick"),
        (
            "context windows",
            lambda: [strategy("quick", "phi3", num_ctx=4096), strategy("scoring", "phi3")],
            "quick (4096)",
        ),
        (
            "memory for models",
            lambda: model(host("far", memory_gb=8), "big:70b", size_bytes=40_000_000_000),
            "big:70b (40 GB, Far has 8)",
        ),
        ("speed of models", lambda: model(host(), "slow:8b", observed_latency_ms=75_000), "slow:8b (75 s)"),
        (
            "breakers",
            lambda: Breaker.objects.create(name="ollama_local", service="ollama_local", state=BreakerState.OPEN.value),
            "ollama_local is open",
        ),
        (
            "keys of hosts",
            lambda: host("gpt", kind="openai", secret_name="LNRAG_SECRET_ABSENT"),
            "Not set: LNRAG_SECRET_ABSENT",
        ),
    ],
)
def test_each_finding_names_its_next_step_and_a_page_that_exists(name, prepare, told):
    prepare()

    found = finding(name)

    assert told in found.problem
    assert found.next_step
    if found.help_path:
        path, _, anchor = found.help_path.partition("#")
        page = Client().get(path)
        assert page.status_code == 200
        assert f'id="{anchor}"' in page.content.decode()


def test_a_model_larger_than_this_machine_is_named_for_a_local_host(monkeypatch):
    monkeypatch.setattr(hardware, "measure", lambda: Hardware(ram_gb=8.0, cpu_cores=4))
    model(host(), "big:14b", size_bytes=9_000_000_000)
    model(host("far", base_url="http://10.0.0.9:11434"), "big:70b", size_bytes=40_000_000_000)

    assert finding("memory for models").problem == "Too large: big:14b (9 GB, Ollama has 8)."


def test_a_key_is_known_by_its_name_only(monkeypatch):
    monkeypatch.setenv("LNRAG_SECRET_X", "sk-hidden")
    host("gpt", kind="openai", secret_name="LNRAG_SECRET_X")

    found = finding("keys of hosts")

    assert found.is_well
    assert found.detail == "LNRAG_SECRET_X is set"


def test_rows_that_the_checks_warn_of_are_a_note_and_rows_that_cannot_work_a_fault():
    call_command("load_defaults", verbosity=0)
    assert diagnosis._settings().is_well
    quick = Strategy.objects.filter(query_type="quick")

    quick.update(max_tokens=5000)
    noted = diagnosis._settings()
    assert (noted.is_well, noted.is_fault) == (False, False)
    assert "max_tokens is 5000" in noted.problem

    quick.update(temperature=9)
    assert diagnosis._settings().is_fault


def test_the_command_prints_a_line_each_and_exits_1_for_a_fault(capsys):
    with pytest.raises(SystemExit) as left:
        call_command("doctor")

    lines = capsys.readouterr().out.splitlines()
    assert left.value.code == 1
    assert any(line.startswith("FAULT  knowledge:") for line in lines)
    assert any(line.startswith("ok     hardware: ") for line in lines)


def test_json_is_one_object(capsys):
    host()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == sum(one["is_fault"] and not one["is_well"] for one in told["findings"])
    hosts = next(one for one in told["findings"] if one["name"] == "model hosts")
    assert hosts["help_path"].endswith("#unreachable")


def test_looking_costs_a_bounded_number_of_queries(ollama, django_assert_max_num_queries):
    for number in range(5):
        row = host(f"host{number}", base_url=ollama.url)
        for other in range(5):
            model(row, f"model{other}:1b")
    model_diagnosis.diagnose_models(at=NOW)

    with django_assert_max_num_queries(60):
        model_diagnosis.diagnose_models(at=NOW)
    assert Provider.objects.count() == 5
    assert LanguageModel.objects.exists()
