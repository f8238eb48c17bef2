"""First rows: created once, followed while nobody edits them, left alone afterwards."""

from decimal import Decimal

import pytest

from models_registry.models import Provider, Rollout, Strategy
from models_registry.services import defaults
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


def test_a_fresh_database_gets_every_row():
    lines = defaults.load(at=NOW)

    assert all(line.startswith("created ") for line in lines)
    assert set(Strategy.objects.values_list("query_type", flat=True)) == {
        "quick",
        "detailed",
        "strategic",
        "technical",
        "scoring",
        "troubleshooting",
    }
    ollama, echo = Provider.objects.get(slug="ollama"), Provider.objects.get(slug="echo")
    assert (ollama.is_enabled, echo.is_enabled) == (True, False)
    assert Rollout.objects.get(slug="advice-v2").share_percent == 100


@pytest.mark.parametrize(
    ("kind", "first", "knobs"),
    [
        ("quick", "phi3:medium", (0.20, 0.85, 30, 1.15, 8192, 800)),
        ("detailed", "qwen2.5:14b-instruct", (0.30, 0.92, 40, 1.10, 16384, 2500)),
        ("technical", "codellama:13b-instruct", (0.25, 0.90, 35, 1.12, 8192, 1500)),
        ("scoring", "phi3:medium", (0.10, 0.80, 20, 1.20, 4096, 500)),
        ("strategic", "qwen2.5:14b-instruct", (0.40, 0.95, 50, 1.08, 8192, 2000)),
        ("troubleshooting", "codellama:13b-instruct", (0.15, 0.85, 25, 1.18, 8192, 1200)),
    ],
)
def test_the_strategies_are_those_of_the_table(kind, first, knobs):
    defaults.load(at=NOW)

    row = Strategy.objects.get(query_type=kind)
    assert row.models_in_order[0] == first
    assert "llama3:8b-instruct" in row.models_in_order
    assert (row.temperature, row.top_p, row.top_k, row.repeat_penalty, row.num_ctx, row.max_tokens) == knobs
    row.full_clean()


def test_loading_twice_changes_nothing():
    defaults.load(at=NOW)

    assert defaults.load(at=NOW) == ()


def test_an_edited_row_is_never_touched(settings):
    defaults.load(at=NOW)
    Provider.objects.filter(slug="ollama").update(priority=3, base_url="http://elsewhere:11434")
    Rollout.objects.update(share_percent=Decimal("12.50"))
    settings.OLLAMA_URL = "http://new:11434"

    assert defaults.load(at=NOW) == ()
    assert Provider.objects.get(slug="ollama").base_url == "http://elsewhere:11434"
    assert Rollout.objects.get().share_percent == Decimal("12.50")


def test_an_unedited_row_follows_a_new_default(settings):
    defaults.load(at=NOW)
    settings.OLLAMA_URL = "http://new:11434"

    assert defaults.load(at=NOW) == ("updated host ollama",)
    assert Provider.objects.get(slug="ollama").base_url == "http://new:11434"
