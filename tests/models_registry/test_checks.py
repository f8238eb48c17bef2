"""Settings and rows that cannot work are named at start."""

import pytest
from django.core.checks import run_checks
from django.db import connection

from models_registry import checks
from models_registry.domain.chat import Admission, Timeouts
from models_registry.models import Provider, Route, Strategy
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
    ("waits", "broken"),
    [
        (Admission(), 0),
        (Admission(max_wait_s=600), 1),
        (Admission(max_wait_s=10, collation_wait_s=11), 1),
        (Admission(max_wait_s=600, collation_wait_s=601), 2),
    ],
)
def test_waits_must_be_in_order(waits, broken):
    assert len(checks.broken_waits(waits)) == broken


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

    def test_a_public_host_with_a_key_is_as_it_should_be(self, monkeypatch):
        monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
        host("openai", kind="openai", base_url="https://api.openai.com/v1", secret_name="OPENAI_API_KEY")

        assert about_rows() == []

    @pytest.mark.parametrize("kind", ["ollama", "openai"])
    def test_a_public_host_without_a_key_is_open_to_everybody(self, kind):
        host("open", kind=kind, base_url="http://203.0.114.9:8080")

        assert ids(about_rows()) == ["models_registry.W003"]

    def test_a_key_that_is_named_but_not_set_is_told_by_its_name(self, monkeypatch):
        monkeypatch.delenv("LNRAG_SECRET_BOX", raising=False)
        host("box", kind="openai", secret_name="LNRAG_SECRET_BOX")
        host("off", kind="openai", secret_name="LNRAG_SECRET_BOX", is_enabled=False)

        (found,) = about_rows()

        assert (found.id, found.msg) == ("models_registry.W007", "LNRAG_SECRET_BOX is not set.")

    def test_a_lifetime_that_the_host_would_refuse_is_an_error(self):
        host(keep_alive="30 minutes")

        (found,) = about_rows()

        assert found.id == "models_registry.E004"
        assert "keep_alive" in found.msg

    def test_waits_in_disorder_are_an_error(self):
        host(max_wait_s=700)

        assert ids(about_rows()) == ["models_registry.E002"]

    def test_an_edited_window_that_does_not_act_is_named(self):
        defaults.load(at=NOW)
        Strategy.objects.filter(query_type="scoring").update(num_ctx=2048)

        (found,) = about_rows()

        assert found.id == "models_registry.W008"
        assert found.obj == Strategy.objects.get(query_type="scoring")
        assert "num_ctx is 2048 here" in found.msg
        assert "asked with 16384" in found.hint

    def test_windows_that_agree_are_not_named(self):
        strategy("quick", "phi3:medium", num_ctx=4096)
        strategy("scoring", "phi3:medium", num_ctx=4096)
        strategy("detailed", "mistral", num_ctx=8192)

        assert about_rows() == []

    def test_a_route_to_a_kind_of_host_there_is_none_of_is_an_error(self):
        Route.objects.create(purpose="chat", kinds=["ollama", "telegraph"])

        (found,) = about_rows()

        assert found.id == "models_registry.E009"
        assert "telegraph" in found.msg

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
