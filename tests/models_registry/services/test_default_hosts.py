"""The environment gives hosts and routes their first values (CF-01, WF-08, WF-09)."""

import pytest

from models_registry.models import Provider, Route
from models_registry.services import default_hosts


def values(table, key):
    return next(found for of, lookup, found in default_hosts.rows() if of is table and key in lookup.values())


@pytest.fixture(autouse=True)
def without_keys(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


def test_each_variable_lands_in_the_row_of_the_host(settings):
    settings.OLLAMA_URL = "http://box:11434"
    settings.OLLAMA_NUM_PARALLEL, settings.OLLAMA_KEEP_ALIVE, settings.OLLAMA_TIMEOUT = 4, "1h", 45.0

    ollama = values(Provider, "ollama")

    assert (ollama["base_url"], ollama["slots"], ollama["keep_alive"]) == ("http://box:11434", 4, "1h")
    assert ollama["first_token_timeout_s"] == 45.0


@pytest.mark.parametrize(("slug", "name"), [("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")])
def test_a_hosted_service_is_off_until_its_key_exists(monkeypatch, slug, name):
    assert values(Provider, slug)["is_enabled"] is False

    monkeypatch.setenv(name, "  ")
    assert values(Provider, slug)["is_enabled"] is False
    monkeypatch.setenv(name, "sk-something")

    found = values(Provider, slug)
    assert (found["is_enabled"], found["secret_name"]) == (True, name)
    assert "sk-something" not in str(found)


@pytest.mark.parametrize(
    ("provider", "kinds"),
    [
        ("ollama", ["ollama", "echo"]),
        ("openai", ["openai", "ollama", "echo"]),
        ("anthropic", ["anthropic", "ollama", "echo"]),
    ],
)
def test_only_plain_chat_may_leave_the_house(settings, provider, kinds):
    settings.LLM_PROVIDER = provider

    assert values(Route, "chat")["kinds"] == kinds
    assert values(Route, "answer")["kinds"] == values(Route, "advice")["kinds"] == ["ollama", "echo"]


def test_a_model_named_in_the_environment_is_asked_first_for_answers_and_advice(settings):
    settings.GEN_MODEL = "mistral:7b-instruct"

    assert values(Route, "answer")["model"] == values(Route, "advice")["model"] == "mistral:7b-instruct"
    assert values(Route, "chat")["model"] == ""


def test_two_purposes_have_two_places():
    assert len({str(lookup) for table, lookup, _ in default_hosts.rows() if table is Route}) == 3


@pytest.mark.django_db
def test_every_row_can_be_kept_as_it_is():
    for table, lookup, found in default_hosts.rows():
        table(**lookup, **found, seed={}).full_clean()
