"""A snapshot holds until a row changes that planning reads, whoever changes it."""

import threading
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection, transaction

from models_registry.migrations._planning_epoch import backward_sql, forward_sql
from models_registry.models import (
    Breaker,
    CatalogEntry,
    LanguageModel,
    Provider,
    Rollout,
    Route,
    RoutingPolicy,
    RoutingRule,
    Strategy,
    Tier,
)
from models_registry.queries.planning import planning_epoch
from models_registry.services import defaults, registry
from tests.models_registry.rows import NOW, model

pytestmark = pytest.mark.django_db


@pytest.fixture
def phi():
    defaults.load(at=NOW)
    return model(Provider.objects.get(slug="ollama"), "phi3:medium", resident_until=NOW)


def bumps(change):
    before = planning_epoch()
    change()
    return planning_epoch() != before


CHANGES = {
    "a host": lambda: Provider.objects.filter(slug="ollama").update(is_healthy=False),
    "a host's address": lambda: Provider.objects.filter(slug="ollama").update(base_url="http://elsewhere:1"),
    "a model": lambda: LanguageModel.objects.update(is_enabled=False),
    "what was measured": lambda: LanguageModel.objects.update(observed_latency_ms=12),
    "that a model left memory": lambda: LanguageModel.objects.update(resident_until=None),
    "a strategy": lambda: Strategy.objects.filter(query_type="quick").update(temperature=0.9),
    "a route": lambda: Route.objects.filter(purpose="chat").update(model="x"),
    "a rule": lambda: RoutingRule.objects.filter(slug="code").update(words=["x"]),
    "a policy": lambda: RoutingPolicy.objects.update(max_cost_usd=Decimal("0.01")),
    "a tier": lambda: Tier.objects.filter(slug="free").update(model_tiers=[]),
    "a price": lambda: CatalogEntry.objects.filter(name="phi3:medium").update(input_usd_per_mtok=1),
    "a share": lambda: Rollout.objects.update(share_percent=1),
    "a new row": lambda: RoutingRule.objects.create(slug="new", name="New"),
    "a row that left": lambda: RoutingRule.objects.filter(slug="code").delete(),
    "a breaker that opened": lambda: Breaker.objects.update(state="open", opened_at=NOW),
}
NO_CHANGES = {
    "a look at a host": lambda: Provider.objects.update(checked_at=NOW, version="9"),
    "a look at a model": lambda: LanguageModel.objects.update(seen_at=NOW),
    "some seconds more in memory": lambda: LanguageModel.objects.update(resident_until=NOW + timedelta(seconds=20)),
    "the same values again": lambda: Strategy.objects.update(is_enabled=True),
    "no row": lambda: Strategy.objects.filter(query_type="x").update(temperature=2),
    "nothing deleted": lambda: Strategy.objects.filter(query_type="x").delete(),
    "a call that a breaker counts": lambda: Breaker.objects.update(total_calls=5, failures=1, latest_success_at=NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_planning_reads_makes_another_epoch(phi, change):
    assert bumps(CHANGES[change])


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_planning_does_not_read_makes_none(phi, change):
    assert not bumps(NO_CHANGES[change])


def test_a_snapshot_is_kept_until_then(phi, django_assert_num_queries):
    first = registry.current()

    with django_assert_num_queries(1):
        assert registry.current() is first
    with connection.cursor() as cursor:
        cursor.execute("UPDATE models_registry_strategy SET top_k = 7 WHERE query_type = 'quick'")

    assert registry.current().strategies["quick"].knobs.top_k == 7


def test_what_was_rolled_back_is_not_remembered(phi):
    class Regret(Exception):
        pass

    def change_and_regret():
        Strategy.objects.filter(query_type="quick").update(top_k=7)
        assert registry.current().strategies["quick"].knobs.top_k == 7
        raise Regret

    with pytest.raises(Regret), transaction.atomic():
        change_and_regret()
    Strategy.objects.filter(query_type="quick").update(top_p=0.5)

    knobs = registry.current().strategies["quick"].knobs
    assert (knobs.top_k, knobs.top_p) == (30, 0.5)


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_an_edit_when_it_is_committed(phi):
    seen = []

    def elsewhere():
        seen.append(registry.current().strategies["quick"].knobs.top_k)
        connection.close()

    def look():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    with transaction.atomic():
        Strategy.objects.filter(query_type="quick").update(top_k=7)
        look()
    look()

    assert seen == [30, 7]


def test_the_numbering_can_be_taken_back_and_begun_again(phi):
    later = import_module("models_registry.migrations.0004_rollouts")
    with connection.cursor() as cursor:
        for sql in (later.NO_VARIANT_TRIGGERS, backward_sql(), forward_sql(), later.VARIANT_TRIGGERS):
            cursor.execute(sql)

    assert bumps(CHANGES["a strategy"])


@pytest.mark.django_db(transaction=True)
def test_an_emptied_table_makes_another_epoch(phi):
    def empty():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE models_registry_routingrule CASCADE")

    assert bumps(empty)
    assert registry.current().rules == ()
