"""Past decisions replayed: the same policy chooses the same, another one is told by what it changes."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from models_registry.domain.chat import GenerationRecord, Outcome
from models_registry.domain.hearing import hear
from models_registry.models import Generation, RoutingPolicy
from models_registry.services import defaults, ledger, policies
from models_registry.services.plan import plan_chat
from models_registry.services.replay import replay_decisions
from tests.models_registry.rows import NOW, host, model

pytestmark = pytest.mark.django_db
PROMPTS = ("Hello", "Detailed, complete and critical: forecast my revenue as a table", "We are under attack")


@pytest.fixture
def past():
    defaults.load(at=NOW)
    ollama = host("local", memory_gb=64, base_url="http://10.0.0.1:11434")
    for tag in ("phi3:medium", "qwen2.5:14b-instruct", "mistral:7b-instruct"):
        model(ollama, tag)
    for prompt in PROMPTS:
        plan = plan_chat("auto", heard=hear(prompt), unit="key:1", user_tier="standard")
        record = GenerationRecord(Outcome.COMPLETED, plan.candidates[0].model, "local", "", 10, 20, 300, 30)
        ledger.write(record, plan)
    RoutingPolicy.objects.create(slug="best-always", low_complexity=0.0, high_complexity=0.0)


def replayed(**more):
    return replay_decisions(**{"policy_slug": None, "since": None, "limit": 100, **more})


def test_the_policy_in_force_chooses_the_same_again(past):
    report = replayed()

    assert (report.policy, report.total, report.same, report.changed) == ("default", 3, 3, 0)
    assert (report.cost_change_usd, report.mean_latency_change_ms) == (0, 0)


def test_another_policy_is_told_by_what_it_changes(past):
    report = replayed(policy_slug="best-always")

    assert (report.same, report.changed) == (2, 1)
    (change,) = report.changes
    assert (change.before, change.after, change.count) == ("phi3:medium", "qwen2.5:14b-instruct", 1)
    assert report.mean_latency_change_ms == pytest.approx(300)


def test_rows_that_change_later_change_no_past_decision(past):
    host("new", priority=1)
    Generation.objects.update(model="something else")

    assert replayed().same == 3


def test_since_and_limit_choose_the_decisions(past):
    assert replayed(limit=2).total == 2
    assert replayed(since=NOW + timedelta(days=36_500)).total == 0


def test_a_decision_of_another_version_is_counted_apart(past):
    row = Generation.objects.latest("created_at")
    row.decision["version"] = 99
    row.save()
    Generation.objects.create(purpose="x", query_type="quick", outcome="failed")

    assert (replayed().total, replayed().unreadable) == (2, 1)


def test_the_command_prints_a_report_or_json(past, capsys):
    call_command("replay_routing", "--policy", "best-always", "--since", "2026-01-01")
    text = capsys.readouterr().out
    call_command("replay_routing", "--json")
    told = json.loads(capsys.readouterr().out)

    assert "Policy best-always on 3 past decisions: 2 as before, 1 otherwise." in text
    assert "phi3:medium > qwen2.5:14b-instruct" in text
    assert (told["policy"], told["same"], told["total"], told["changes"]) == ("default", 3, 3, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--policy", "nobody"], "no routing policy named nobody"),
        (["--since", "soon"], "soon is no date"),
        (["--since", "2026-02-30"], "is no date"),
        (["--limit", "0"], "1 or more"),
    ],
)
def test_the_command_says_what_is_wrong(past, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("replay_routing", *arguments)


def test_without_decisions_the_command_says_so(capsys):
    call_command("replay_routing")

    assert "no decision to replay" in capsys.readouterr().out


def test_one_policy_is_in_force_at_a_time(past):
    best = RoutingPolicy.objects.get(slug="best-always")

    assert policies.activate(best)
    assert not policies.activate(best)

    assert list(RoutingPolicy.objects.filter(is_active=True)) == [best]
    assert defaults.load(at=NOW) == ()
    assert RoutingPolicy.objects.get(is_active=True) == best
