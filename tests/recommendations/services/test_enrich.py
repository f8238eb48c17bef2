"""Optional services: never asked while off, paced and left alone when they fail, kept with source and moment."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from models_registry.metrics import EXTERNAL_REQUESTS
from models_registry.models import Breaker
from recommendations.domain.enrichment import Known, Service, Sourced
from recommendations.metrics import NODE_UPDATES
from recommendations.models import Enrichment, Node, NodeConnection, NodeView, OutsideReading
from recommendations.queries.enrichment import (
    nodes_of_interest,
    outside_facts,
    outside_readings,
    service_states,
    sourced_facts,
    wallet_reading,
)
from recommendations.services import enrich, enrichment_defaults, enrichment_settings
from recommendations.services.enrichment_calls import service_at
from recommendations.services.import_graph import import_graph
from recommendations.services.snapshot import node_facts
from tests.recommendations.graphs import AS_OF, edge, graph, key, node, write
from tests.recommendations.outside import at_once, rows, running
from tests.servers.hosted import Fault, Order
from tests.servers.lnbits.server import ADMIN_KEY
from tests.servers.mempool import mempool_node
from tests.servers.sparkseer import sparkseer_node

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=6)
ALPHA, BETA = key(1), key(2)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def services():
    with running() as outside:
        yield outside


@pytest.fixture
def outside(services, settings):
    settings.WRITE_BEHIND_S = 0  # what breakers count is written at once
    services.calm()
    services.mempool.nodes = {ALPHA: mempool_node(ALPHA, alias="by mempool")}
    services.sparkseer.nodes = {ALPHA: sparkseer_node(ALPHA, alias="by Sparkseer")}
    return services


def refresh(*pubkeys, at=AT, **more):
    return async_to_sync(enrich.refresh)(pubkeys, at=at, sleep=at_once, **more)


def told(slug, pubkey=ALPHA):
    return OutsideReading.objects.get(enrichment__slug=slug, pubkey=pubkey)


def asked(server):
    return [request.path.rsplit("/", 1)[-1] for request in server.requests]


def test_what_is_off_is_never_asked(outside):
    rows(outside)

    assert refresh(ALPHA) == enrich.Refreshed()
    assert OutsideReading.objects.count() == 0
    assert not outside.mempool.connections + outside.sparkseer.connections + outside.lnbits.connections


def test_what_is_said_is_kept_with_its_moment_and_asked_again_when_due(outside):
    rows(outside, *Service)
    before = NODE_UPDATES.labels(source="mempool")._value.get()

    first = refresh(ALPHA, BETA)
    soon = refresh(ALPHA, BETA, at=AT + timedelta(minutes=4))
    later = refresh(ALPHA, BETA, at=LATER)

    assert (first, soon, later) == (enrich.Refreshed(3, 2, 0), enrich.Refreshed(), enrich.Refreshed(3, 2, 0))
    assert asked(outside.mempool) == asked(outside.sparkseer) == [ALPHA, BETA] * 2
    assert told("mempool").told["country"] == "France"
    assert (told("mempool").read_at, told("mempool", BETA).told) == (LATER, {})
    assert told("lnbits", "").told == {"name": "Till ⚡", "balance_msat": 12_345_678}
    assert wallet_reading() == told("lnbits", "")
    assert NODE_UPDATES.labels(source="mempool")._value.get() - before == 2
    assert [told.source for told in outside_readings(ALPHA)] == ["Sparkseer", "mempool.space"]
    assert [told.values for told in outside_readings(BETA)] == [{}, {}]
    Enrichment.objects.update(is_enabled=False)
    assert (outside_readings(ALPHA), wallet_reading()) == ((), None)


def test_without_a_key_sparkseer_is_asked_once_for_the_ranks_of_all(outside):
    rows(outside, Service.SPARKSEER, key="")

    assert refresh(ALPHA, BETA) == enrich.Refreshed(kept=1, unknown=1)
    assert refresh(ALPHA, BETA, at=AT + timedelta(hours=11)) == enrich.Refreshed()

    assert asked(outside.sparkseer) == ["centralities"]
    reading = told("sparkseer")
    assert reading.told == {"betweenness_rank": 412, "closeness_rank": 388, "eigenvector_rank": 501}
    assert reading.as_of == datetime(2025, 2, 14, tzinfo=UTC)  # its public series stood still


def test_one_that_fails_is_told_counted_and_left_alone_and_the_others_are_asked(outside):
    rows(outside, Service.MEMPOOL, Service.SPARKSEER)
    outside.mempool.use(Order(Fault.STATUS, status=500))
    failures = EXTERNAL_REQUESTS.labels(service="mempool_api", endpoint="node", status="error")
    before = failures._value.get()

    reports = [refresh(ALPHA, at=AT + n * timedelta(minutes=6)) for n in range(6)]

    assert reports == [enrich.Refreshed(kept=1, failed=1)] * 6
    assert failures._value.get() - before == 5
    assert len(outside.mempool.requests) == 5  # then the breaker is open
    assert Breaker.objects.get(name="mempool_api").state == "open"
    state = {state.slug: state for state in service_states()}["mempool"]
    assert (state.is_well, state.answered_at) == (False, None)
    assert "left alone" in state.message
    assert {state.slug: state for state in service_states()}["sparkseer"].is_well is True


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(Fault.STATUS, status=429, headers={"Retry-After": "120"}), "asks for patience"),
        (Order(Fault.STATUS, status=503), "asks for patience"),
    ],
)
def test_who_asks_for_patience_gets_it_and_it_does_not_count_against_it(outside, order, words):
    rows(outside, Service.MEMPOOL)
    outside.mempool.use(order)

    reports = [refresh(ALPHA, BETA) for _ in range(3)]

    assert reports == [enrich.Refreshed(failed=1)] * 3
    assert len(outside.mempool.requests) == 1
    assert words in Enrichment.objects.get(slug="mempool").message
    assert not Breaker.objects.filter(name="mempool_api", failures__gt=0).exists()


def test_what_cannot_be_read_of_one_node_does_not_hold_up_the_next(outside):
    rows(outside, Service.MEMPOOL)
    outside.mempool.nodes[BETA] = mempool_node(BETA)
    outside.mempool.enqueue(Fault.PLAIN_TEXT)

    assert refresh(ALPHA, BETA) == enrich.Refreshed(kept=1, failed=1)
    assert Enrichment.objects.get(slug="mempool").message == ""  # the latest answer was one


def test_requests_of_all_processes_are_spaced(outside):
    rows(outside, Service.MEMPOOL)
    waits = []

    async def note(seconds):
        waits.append(seconds)

    async_to_sync(enrich.refresh)([key(number) for number in range(1, 4)], at=AT, sleep=note)

    assert waits[0] == 0
    assert all(0.3 < wait_s <= 0.7 * place for place, wait_s in enumerate(waits[1:], start=1))
    Enrichment.objects.filter(slug="mempool").update(free_at=datetime.now(UTC) + timedelta(minutes=2))
    assert refresh(key(9)) == enrich.Refreshed(failed=1)


def test_a_key_sealed_by_another_one_has_to_be_entered_again(outside):
    rows(outside, Service.LNBITS)

    with override_settings(CREDENTIAL_KEY="another"):
        assert refresh(ALPHA) == enrich.Refreshed(failed=1)
        (part,) = async_to_sync(enrich.check)(Service.LNBITS, at=AT, sleep=at_once)

    assert "Enter it again" in part.words
    assert "Enter it again" in Enrichment.objects.get(slug="lnbits").message
    assert outside.lnbits.requests == []


def test_a_check_says_what_works_whether_on_or_off(outside):
    rows(outside)

    def check(slug, pubkey=""):
        parts = async_to_sync(enrich.check)(slug, pubkey=pubkey, at=AT, sleep=at_once)
        return {part.name: (part.is_there, part.words) for part in parts}

    assert check(Service.MEMPOOL, ALPHA) == {
        "on-chain fees": (True, "4 sat/vB"),
        "network": (True, "43,696 channels, 417,000,000,000 sat, as of 2025-10-19"),
        "node": (True, "9 values, as of 2026-03-01 12:00"),
    }
    assert check(Service.MEMPOOL, BETA)["node"] == (True, "it does not know this node")
    assert set(check(Service.SPARKSEER, ALPHA)) == {
        *("network summary", "centralities", "node", "history", "suggested fees")
    }
    assert check(Service.LNBITS) == {"wallet": (True, "12,346 sat in Till ⚡")}
    rows(outside, key="wrong")
    without = check(Service.SPARKSEER, ALPHA)
    assert [name for name, (works, _) in without.items() if works] == ["network summary", "centralities"]
    assert "refuses the key" in without["node"][1]
    rows(outside, key=ADMIN_KEY)
    assert "can spend" in check(Service.LNBITS)["wallet"][1]
    assert OutsideReading.objects.count() == 0


def test_the_operators_data_come_first_then_the_graph_then_sparkseer_then_mempool(outside, tmp_path):
    import_graph(write(tmp_path, graph([edge(1, 1, 2)], [node(1, alias="by the graph")])), at=AS_OF)
    rows(outside, Service.MEMPOOL, Service.SPARKSEER)
    refresh(ALPHA)
    facts = node_facts(ALPHA, at=AT)

    with CaptureQueriesContext(connection) as queries:
        fields = sourced_facts(facts)

    assert len(queries) == 1
    assert fields[Known.ALIAS] == Sourced("by the graph", facts.source, AS_OF)
    assert fields[Known.BETWEENNESS_RANK] == Sourced(412, "Sparkseer", AT)
    assert fields[Known.COUNTRY] == Sourced("France", "mempool.space", AT)
    assert fields[Known.UPDATED_AT].source == "Sparkseer"
    assert {fields[known] for known in (Known.UPTIME_RATIO, Known.SUCCESS_RATE, Known.REVENUE_MSAT)} == {Sourced()}
    assert set(outside_facts(facts)) >= {Known.BETWEENNESS_RANK, Known.COUNTRY, Known.HOSTING}
    assert not {Known.ALIAS, Known.CAPACITY_SAT, Known.UPTIME_RATIO} & set(outside_facts(facts))


def test_connected_nodes_come_first_and_made_up_ones_not_at_all(tmp_path, demo, django_user_model):
    import_graph(write(tmp_path, graph([edge(1, 1, 2), edge(2, 2, 3)])), at=AS_OF)
    owner = django_user_model.objects.create_user("owner")
    by_key = {row.pubkey: row for row in Node.objects.filter(network__slug="mainnet")}
    NodeConnection.objects.create(node=by_key[key(3)], owner=owner, kind=NodeConnection.Kind.LND)
    for pubkey, days, count in ((BETA, 0, 2), (ALPHA, 1, 5), (key(3), 0, 9)):
        NodeView.objects.create(node=by_key[pubkey], day=(AT - timedelta(days=days)).date(), count=count)
    NodeView.objects.create(node=demo.node, day=AT.date(), count=99)

    assert nodes_of_interest(at=AT, limit=30) == (key(3), ALPHA, BETA)
    assert nodes_of_interest(at=AT, limit=2) == (key(3), ALPHA)
    assert nodes_of_interest(at=AT + timedelta(days=2), limit=30) == (key(3),)


def test_readings_nobody_renewed_for_a_month_go(outside):
    rows(outside, Service.MEMPOOL)
    refresh(ALPHA)

    assert enrich.forget_old(at=AT + timedelta(days=29)) == 0
    assert enrich.forget_old(at=AT + timedelta(days=31)) == 1


def test_the_rows_come_off_and_an_edited_one_is_left_alone():
    Enrichment.objects.all().delete()
    first = enrichment_defaults.load()
    Enrichment.objects.filter(slug="mempool").update(address="http://umbrel.local:3006", is_enabled=True)
    Enrichment.objects.filter(slug="sparkseer").update(name="Old", seed={"name": "Old"})

    second = enrichment_defaults.load()

    assert len(first) == 3
    assert len(second) == 1
    assert Enrichment.objects.get(slug="mempool").address == "http://umbrel.local:3006"
    assert Enrichment.objects.get(slug="sparkseer").name == "Sparkseer"
    assert service_at(Service.LNBITS) is None


def test_a_key_is_sealed_kept_when_none_is_typed_and_never_goes_to_another_machine():
    enrichment_defaults.load()
    row = Enrichment.objects.get(slug="lnbits")

    def stored():
        row.refresh_from_db()
        place = service_at(Service.LNBITS, is_off_too=True)
        assert place is not None
        assert "secret" not in f"{row.credential} {place!r} {row!r}"
        return place.key

    enrichment_settings.save(row, key="secret-1")
    assert stored() == "secret-1"
    row.is_enabled = True
    enrichment_settings.save(row)
    assert stored() == "secret-1"
    row.address = "https://DEMO.lnbits.com/path/"
    enrichment_settings.save(row)
    assert (stored(), row.address) == ("secret-1", "https://DEMO.lnbits.com/path")
    row.address = "http://192.168.1.20:5000"
    enrichment_settings.save(row)
    assert stored() == ""
    enrichment_settings.save(row, key="secret-2")
    enrichment_settings.save(row, is_key_forgotten=True)
    assert stored() == ""
