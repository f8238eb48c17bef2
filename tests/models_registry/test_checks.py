"""Settings and rows that cannot work are named at start."""

import pytest
from django.core.checks import run_checks
from django.db import connection

from models_registry import checks
from models_registry.domain.chat import Timeouts
from models_registry.models import Provider, Strategy
from models_registry.services import defaults
from tests.models_registry.rows import NOW, host, model, strategy


def ids(found):
    return [message.id for message in found]


def about_rows():
    return [m for m in run_checks(databases=["default"]) if (m.id or "").startswith("models_registry")]


@pytest.mark.parametrize(
    ("limits", "broken"),
    [
        (Timeouts(), 0),
        (Timeouts(first_token_s=180), 1),
        (Timeouts(total_s=600), 1),
        (Timeouts(load_s=700), 1),
        (Timeouts(first_token_s=900, total_s=800, load_s=700), 3),
    ],
)
def test_limits_must_be_in_order(limits, broken):
    assert len(checks.broken_order(limits)) == broken


def test_the_queue_must_not_retry_what_still_runs(settings):
    assert checks.check_queue_limits() == []
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "retry": 600}

    assert ids(checks.check_queue_limits()) == ["models_registry.E001"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434", False),
        ("http://127.0.0.1:1", False),
        ("http://192.168.1.7:11434", False),
        ("http://[::1]:1", False),
        ("http://ollama:11434", False),
        ("http://box.local:1", False),
        ("http://8.8.8.8:11434", True),
        ("https://ollama.example.com", True),
        ("http://[2a00::1]:1", True),
        ("", False),
    ],
)
def test_a_public_address_is_recognized(url, expected):
    assert checks.is_public(url) is expected


@pytest.mark.django_db
class TestRows:
    def test_the_first_rows_are_in_order(self):
        defaults.load(at=NOW)

        assert about_rows() == []

    def test_a_host_in_disorder_and_in_public_is_named(self):
        host(base_url="http://8.8.8.8:11434", first_token_timeout_s=999)
        host("off", base_url="http://8.8.8.8:11434", is_enabled=False)

        found = about_rows()

        assert sorted(ids(found)) == ["models_registry.E002", "models_registry.W003"]
        assert all(message.obj == Provider.objects.get(slug="ollama") for message in found)

    def test_a_bad_strategy_is_named_with_its_field(self):
        strategy("quick", "phi3:latest", temperature=3, max_tokens=5000)

        found = about_rows()

        assert sorted(ids(found)) == ["models_registry.E004", "models_registry.E004", "models_registry.W005"]
        assert any("temperature" in message.msg for message in found)
        assert {message.obj for message in found} == {Strategy.objects.get()}

    def test_a_strategy_without_any_installed_model_is_a_warning_once_models_are_known(self):
        strategy("quick", "phi3:medium")
        assert about_rows() == []

        model(host(), "mistral:7b")

        assert ids(about_rows()) == ["models_registry.W006"]

    def test_a_disabled_strategy_is_not_judged(self):
        strategy("quick", "phi3:latest", is_enabled=False)

        assert about_rows() == []

    def test_nothing_is_said_while_the_tables_are_missing(self):
        with connection.schema_editor() as editor:
            editor.delete_model(Strategy)

        assert checks.check_rows(databases=["default"]) == []

    def test_an_older_schema_is_left_to_migrate(self):
        with connection.schema_editor() as editor:
            editor.remove_field(Provider, Provider._meta.get_field("load_timeout_s"))

        assert checks.check_rows(databases=["default"]) == []

    def test_nothing_is_read_unless_the_database_is_to_be_checked(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert checks.check_rows() == []
            assert checks.check_rows(databases=["other"]) == []
