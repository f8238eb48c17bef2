"""Keys made at the terminal."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from models_registry.models import ApiKey, LanguageModel, Provider, Pull
from models_registry.services import keys, set_up
from tests.models_registry.rows import NOW, host, strategy
from tests.servers.ollama import Fault, Scenario

pytestmark = pytest.mark.django_db


def test_a_key_is_printed_once_and_works(capsys):
    User.objects.create(username="alice")
    call_command("create_api_key", name="laptop", user="alice", tier="premium")

    text = capsys.readouterr().out.split()[0]
    row = keys.authenticate(text, at=NOW)
    assert row
    assert row.user
    assert (row.name, row.user.username, row.tier) == ("laptop", "alice", "premium")


def test_json_is_one_object(capsys):
    call_command("create_api_key", "--name", "bot", "--json")

    printed = json.loads(capsys.readouterr().out)
    assert keys.authenticate(printed["key"], at=NOW)
    assert (printed["name"], printed["tier"]) == ("bot", "standard")


def test_a_key_is_made_for_the_scopes_that_are_named():
    call_command("create_api_key", "--name", "bot", "--scope", "rag", "--scope", "stats")

    assert ApiKey.objects.get().scopes == ["rag", "stats"]
    with pytest.raises(CommandError):
        call_command("create_api_key", "--name", "bot", "--scope", "everything")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (None, None)),
        (["--per-minute", "600"], (600, None)),
        (["--per-minute", "600", "--per-hour", "20000"], (600, 20_000)),
    ],
)
def test_a_key_has_limits_of_its_own_where_they_are_given(words, expected):
    call_command("create_api_key", "--name", "bot", *words)

    row = ApiKey.objects.get()
    assert (row.requests_per_minute, row.requests_per_hour) == expected


@pytest.mark.parametrize("limit", ["0", "-5", "many", "1.5", "99999999999"])
@pytest.mark.parametrize("option", ["--per-minute", "--per-hour"])
def test_a_limit_that_is_none_makes_no_key(option, limit):
    with pytest.raises(CommandError, match=option):
        call_command("create_api_key", "--name", "bot", f"{option}={limit}")

    assert not ApiKey.objects.exists()


def test_an_unknown_user_or_tier_makes_no_key():
    with pytest.raises(CommandError, match="no user named bob"):
        call_command("create_api_key", name="x", user="bob")
    with pytest.raises(CommandError):
        call_command("create_api_key", "--name", "x", "--tier", "gold")

    assert not ApiKey.objects.exists()


class TestSetUp:
    @pytest.fixture
    def ollama(self, server):
        strategy("detailed", "llama3:8b-instruct")
        return host(base_url=server.url)

    def run(self, capsys, *words):
        call_command("setup_models", *words, "--json")
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    def test_a_profile_is_brought_once_and_its_main_model_is_loaded(self, ollama, server, capsys):
        server.remove("llama3:8b-instruct")

        first = self.run(capsys, "minimal")
        second = self.run(capsys, "minimal")

        assert first["pulled"] == ["llama3:8b-instruct", "phi3:medium"]
        assert first["loaded"] == "llama3:8b-instruct"
        assert (second["pulled"], second["absent"]) == ([], [])
        assert len(server.requests_for("/api/pull")) == 2
        assert LanguageModel.objects.filter(is_installed=True).count() == 3
        assert set(Pull.objects.values_list("state", flat=True)) == {"done"}

    def test_a_dry_run_tells_sizes_and_time_and_touches_nothing(self, ollama, server, capsys):
        for tag in ("llama3:8b-instruct", "nomic-embed-text"):
            server.remove(tag)

        call_command("setup_models", "recommended", "--dry-run")

        told = capsys.readouterr().out
        assert "To download: 29.3 GB, about 39 min at 100 Mbps." in told
        assert "qwen2.5:14b-instruct           9.0 GB  to download" in told
        assert "Nothing was downloaded." in told
        assert server.requests_for("/api/pull") == ()
        assert server.loads == ()
        assert not Pull.objects.exists()

    def test_auto_takes_what_suits_this_machine(self, ollama, capsys):
        assert self.run(capsys, "auto", "--dry-run")["profile"] in ("minimal", "recommended", "full")

    def test_a_host_whose_memory_is_known_gets_what_suits_that(self, ollama, capsys):
        Provider.objects.update(memory_gb=64)

        assert self.run(capsys, "auto", "--dry-run")["profile"] == "full"

    def test_the_gateways_optional_models_are_named_and_left(self, ollama, server, capsys):
        call_command("setup_models", "gateway", "--dry-run")
        told = capsys.readouterr().out
        assert "mistral:7b-instruct" in told
        assert told.count("optional (--optional)") == 3

        assert self.run(capsys, "gateway")["pulled"] == ["mistral:7b-instruct"]

    def test_a_host_without_a_network_is_quoted_and_the_next_step_named(self, ollama, server):
        server.use(Fault(Scenario.PULL_ERROR_LINE, text="no such host"))

        with pytest.raises(CommandError, match=r"no such host.*Run the command again"):
            call_command("setup_models", "minimal", "--verbosity=0")

    def test_without_a_host_that_answers_the_next_step_is_named(self):
        with pytest.raises(CommandError, match="no enabled Ollama host"):
            call_command("setup_models", "minimal")
        host()
        with pytest.raises(CommandError, match=r"does not answer.*ollama serve"):
            call_command("setup_models", "minimal")
        with pytest.raises(CommandError, match=r"host elsewhere\. Known: ollama"):
            call_command("setup_models", "minimal", "--host", "elsewhere")

    def test_a_disk_that_is_too_small_is_said(self, ollama, monkeypatch, capsys):
        monkeypatch.setattr(set_up, "_free_gb", lambda _: 3.0)

        call_command("setup_models", "full", "--dry-run")

        assert "Free disk: 3.0 GB. That is not enough." in capsys.readouterr().out
