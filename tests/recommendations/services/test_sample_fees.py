"""On-chain fees: sampled from mempool and from one's own nodes, thinned, forgotten, and told with their percentiles."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.domain.enrichment import Service
from recommendations.domain.onchain import UNKNOWN
from recommendations.models import Enrichment, Node, NodeConnection, OnchainFee
from recommendations.queries import network_state
from recommendations.queries.onchain import node_series, onchain_state
from recommendations.services import enrichment_defaults, sample_fees
from recommendations.services.import_graph import import_graph
from recommendations.services.snapshot import node_facts
from tests.recommendations.graphs import AS_OF, edge, graph, key, write
from tests.recommendations.outside import at_once
from tests.servers.hosted import Fault
from tests.servers.mempool import MempoolServer

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with MempoolServer() as running:
        yield running


@pytest.fixture
def mempool(server, settings):
    settings.WRITE_BEHIND_S = 0  # what breakers count is written at once
    server.use(Fault.NORMAL)
    server.requests.clear()
    enrichment_defaults.load()
    Enrichment.objects.filter(slug=Service.MEMPOOL).update(address=server.url, is_enabled=True)
    return server


def sample(at=AT):
    return async_to_sync(sample_fees.sample)(at=at, sleep=at_once)


def samples(source="mempool", *, days=30.0, every=timedelta(hours=3), latest=4.0, others=(2.0, 3.0, 5.0)):
    """Keep one sample every three hours up to now: the latest, and before it the others in turn."""
    count = int(timedelta(days=days) / every)
    made = [OnchainFee(source=source, at=AT - timedelta(minutes=1), sat_vb=latest)]
    made += [
        OnchainFee(source=source, at=AT - place * every, sat_vb=others[place % len(others)])
        for place in range(1, count)
    ]
    OnchainFee.objects.bulk_create(made)


def test_a_sample_every_ten_minutes_and_no_constant_when_the_source_is_down(mempool):
    assert sample()
    assert not sample(AT + timedelta(minutes=5))  # blocks come every ten
    assert sample(AT + timedelta(minutes=10) - timedelta(seconds=20))
    mempool.use(Fault.PLAIN_TEXT)
    assert not sample(AT + timedelta(minutes=20))
    Enrichment.objects.update(is_enabled=False)
    assert not sample(AT + timedelta(minutes=30))

    assert [fee.sat_vb for fee in OnchainFee.objects.all()] == [4.0, 4.0]
    assert len(mempool.requests) == 4
    assert onchain_state(AT + timedelta(hours=1)).sat_vb == 4.0
    assert onchain_state(AT + timedelta(hours=3)) == UNKNOWN
    assert onchain_state(AT - timedelta(seconds=1)) == UNKNOWN


@pytest.mark.parametrize("sat_vb", [None, 0.0, -1.0, float("nan"), float("inf"), 10_001.0])
def test_no_estimate_and_an_absurd_one_are_no_samples(sat_vb):
    assert not sample_fees.record("mempool", sat_vb, at=AT)
    assert not OnchainFee.objects.exists()


def test_samples_are_forgotten_after_sixty_days():
    samples(days=61)

    assert sample_fees.forget_old(at=AT) == 7
    assert OnchainFee.objects.earliest("at").at >= AT - timedelta(days=60)


def test_the_state_is_read_in_one_statement_however_much_is_kept():
    samples()
    samples("operator", latest=9.0)

    with CaptureQueriesContext(connection) as queries:
        state = onchain_state(AT)

    assert len(queries) == 1
    assert (state.source, state.sat_vb, state.as_of) == ("mempool", 4.0, AT - timedelta(minutes=1))
    assert (state.sample_count, state.congestion_level) == (240, "normal")
    assert state.percentile_30d == pytest.approx(100 * (159 + 0.5) / 240, abs=0.5)
    assert state.percentile_14d == pytest.approx(66.6, abs=1)


@pytest.mark.parametrize(
    ("days", "latest", "expected"),
    [
        (6.0, 4.0, (4.0, None, None, None)),  # too short a time
        (10.0, 1.0, (1.0, "below", "below", "low")),
        (10.0, 9.0, (9.0, "above", "above", "high")),
    ],
)
def test_few_samples_give_a_rate_and_no_percentile(days, latest, expected):
    samples(days=days, latest=latest, every=timedelta(hours=1))

    state = onchain_state(AT)

    def words(percentile):
        return None if percentile is None else "below" if percentile < 1 else "above"

    told = (state.sat_vb, words(state.percentile_14d), words(state.percentile_30d), state.congestion_level)
    assert told == expected


def test_a_nodes_own_estimate_counts_for_its_owner_and_an_administrators_for_all(tmp_path, django_user_model):
    import_graph(write(tmp_path, graph([edge(1, 1, 2)])), at=AS_OF)
    guest = django_user_model.objects.create_user("guest")
    boss = django_user_model.objects.create_user("boss", is_staff=True)
    kinds = NodeConnection.Kind
    nodes = {row.pubkey: row for row in Node.objects.all()}
    its = NodeConnection.objects.create(node=nodes[key(1)], owner=guest, kind=kinds.LND)
    bosses = NodeConnection.objects.create(node=nodes[key(2)], owner=boss, kind=kinds.CLN)

    assert sample_fees.record_of_node(its, 9_000.0, at=AT)
    assert onchain_state(AT) == UNKNOWN
    assert onchain_state(AT, connection_id=its.pk).sat_vb == 9_000.0
    assert onchain_state(AT, connection_id=its.pk).source == node_series(its.pk)
    assert node_facts(key(1), user=guest, at=AT).network.onchain_fee_sat_vb == 9_000.0
    assert node_facts(key(1), user=boss, at=AT).network.onchain_fee_sat_vb is None
    assert sample_fees.record_of_node(bosses, 3.0, at=AT)
    assert onchain_state(AT, connection_id=its.pk).sat_vb == 3.0
    assert node_facts(key(1), at=AT).network.onchain_fee_sat_vb == 3.0


def test_the_networks_state_tells_congestion_and_a_made_up_network_none(tmp_path, demo):
    import_graph(write(tmp_path, graph([edge(1, 1, 2)])), at=AS_OF)
    samples()

    real, unasked, made_up = network_state("mainnet", at=AT), network_state("mainnet"), network_state("demo", at=AT)

    assert real is not None
    assert (real.congestion_level, real.onchain_fee_sat_vb, real.onchain_source) == ("normal", 4.0, "mempool")
    assert real.onchain_fee_percentile == pytest.approx(66.5, abs=1)
    assert real.onchain_fee_percentile_14d == pytest.approx(66.5, abs=1)
    for other in (unasked, made_up):
        assert other is not None
        assert (other.congestion_level, other.onchain_fee_sat_vb, other.onchain_as_of) == (None, None, None)
