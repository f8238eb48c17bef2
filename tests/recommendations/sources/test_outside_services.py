"""The clients of optional services, one contract: what they tell, and what becomes of everything that can go wrong."""

import json
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from recommendations.domain.enrichment import Known, Service, ServiceAt, ServiceFails
from recommendations.domain.source_errors import SourceBroken, SourceError, SourceRefused, SourceUnreachable
from recommendations.sources.enrichment_http import retry_after_s
from recommendations.sources.lnbits import LNbits
from recommendations.sources.mempool import Mempool
from recommendations.sources.sparkseer import Sparkseer
from tests.recommendations.outside import Outside, running
from tests.servers.hosted import Fault, Order
from tests.servers.lnbits.server import ADMIN_KEY, READ_KEY
from tests.servers.mempool import mempool_node
from tests.servers.sparkseer import sparkseer_node

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER = "02" + "ab" * 32, "03" + "cd" * 32
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the authorities anew for each client takes long
PATIENCE_S, IMPATIENCE_S = 10.0, 0.2
Ask = Callable[[httpx.AsyncClient, ServiceAt], Awaitable[object]]


@pytest.fixture(scope="module")
def services():
    with running() as outside:
        yield outside


@pytest.fixture
def outside(services):
    services.calm()
    services.mempool.nodes = {KEY: mempool_node(KEY)}
    services.sparkseer.nodes = {KEY: sparkseer_node(KEY), OTHER: sparkseer_node(OTHER, betweenness_rank=7)}
    return services


def place(outside: Outside, slug: Service, *, key: str | None = None, patience_s: float = PATIENCE_S) -> ServiceAt:
    server = outside.server(slug)
    return ServiceAt(slug, slug.value, server.url, server.key if key is None else key, patience_s=patience_s)


CALLS: dict[str, tuple[Service, Ask]] = {
    "fees": (Service.MEMPOOL, lambda web, at: Mempool(web, at, at=AT).fees()),
    "network": (Service.MEMPOOL, lambda web, at: Mempool(web, at, at=AT).network()),
    "mempool node": (Service.MEMPOOL, lambda web, at: Mempool(web, at, at=AT).node(KEY)),
    "sparkseer node": (Service.SPARKSEER, lambda web, at: Sparkseer(web, at, at=AT).node(KEY)),
    "centralities": (Service.SPARKSEER, lambda web, at: Sparkseer(web, at, at=AT).centralities()),
    "summary": (Service.SPARKSEER, lambda web, at: Sparkseer(web, at, at=AT).summary_as_of()),
    "history": (Service.SPARKSEER, lambda web, at: Sparkseer(web, at, at=AT).history(KEY)),
    "suggested fees": (Service.SPARKSEER, lambda web, at: Sparkseer(web, at, at=AT).suggested_fees()),
    "wallet": (Service.LNBITS, lambda web, at: LNbits(web, at, at=AT).wallet()),
}


async def asked(outside: Outside, name: str, **more):
    slug, ask = CALLS[name]
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as web:
        return await ask(web, place(outside, slug, **more))


async def test_each_service_tells_what_it_knows_in_our_units(outside):
    assert await asked(outside, "fees") == 4.0
    network = await asked(outside, "network")
    assert (network.values[Known.CHANNEL_COUNT], network.as_of) == (43_696, datetime(2025, 10, 19, tzinfo=UTC))
    node = await asked(outside, "mempool node")
    assert node.values == {
        Known.ALIAS: "Alpha",
        Known.CAPACITY_SAT: 31_505_027,  # was text
        Known.CHANNEL_COUNT: 55,
        Known.OPENED_CHANNELS: 55,
        Known.CLOSED_CHANNELS: 111,
        Known.FIRST_SEEN_AT: "2018-04-05T15:13:42+00:00",
        Known.UPDATED_AT: "2025-10-19T03:03:20+00:00",
        Known.COUNTRY: "France",
        Known.HOSTING: "Example Hosting",
    }
    stats = await asked(outside, "sparkseer node")
    assert (stats.values[Known.MEDIAN_FEE_PPM], stats.values[Known.BETWEENNESS_RANK]) == (250, 412)
    assert not {Known.UPTIME_RATIO, Known.SUCCESS_RATE, Known.REVENUE_MSAT} & set(stats.values)
    ranks = await asked(outside, "centralities", key="")
    assert (ranks[OTHER].values[Known.BETWEENNESS_RANK], ranks[KEY].values[Known.EIGENVECTOR_RANK]) == (7, 501)
    assert ranks[KEY].as_of == datetime(2025, 2, 14, tzinfo=UTC)
    assert await asked(outside, "summary", key="") == datetime(2025, 2, 14, tzinfo=UTC)
    assert (await asked(outside, "history"), await asked(outside, "suggested fees")) == (2, 2)
    wallet = await asked(outside, "wallet")
    assert (wallet.name, wallet.balance_msat, wallet.as_of) == ("Till ⚡", 12_345_678, AT)


async def test_a_row_may_come_in_a_list_or_alone(outside):
    told = await asked(outside, "sparkseer node")
    outside.sparkseer.as_list = False

    assert await asked(outside, "sparkseer node") == told


async def test_a_node_nobody_there_knows_is_no_failure(outside):
    outside.mempool.nodes, outside.sparkseer.nodes = {}, {}

    assert await asked(outside, "mempool node") is None
    assert await asked(outside, "sparkseer node") is None


@pytest.mark.parametrize("name", ["mempool node", "sparkseer node"])
async def test_values_that_cannot_be_are_unknown_and_the_others_stay(outside, name):
    absurd = {
        "capacity": "-5",
        "total_capacity": 0.5,  # it would be in BTC
        "active_channel_count": True,
        "num_channels": "NaN",
        "median_outbound_fee_rate": 1e300,
        "betweenness_rank": 0,
        "first_seen": 99999999999999,
        "last_update": None,
        "updated_at": "yesterday",
        "alias": "A\u202eB\x00\x1b[31m" + "x" * 500,
        "country": "France",
        "as_organization": {"en": "Example"},
    }
    outside.mempool.nodes, outside.sparkseer.nodes = (
        {KEY: mempool_node(KEY, **absurd)},
        {KEY: sparkseer_node(KEY, **absurd)},
    )

    told = await asked(outside, name)

    kept = {Known.ALIAS, Known.OPENED_CHANNELS, Known.CLOSED_CHANNELS, Known.MEDIAN_CHANNEL_SAT}
    kept |= {Known.MEDIAN_BASE_FEE_MSAT, Known.MEDIAN_INBOUND_FEE_PPM, Known.CLOSENESS_RANK, Known.EIGENVECTOR_RANK}
    assert set(told.values) <= kept
    assert told.values[Known.ALIAS].startswith("AB[31mxxx")
    assert len(told.values[Known.ALIAS]) == 80


@pytest.mark.parametrize(
    ("name", "answer", "field"),
    [
        ("fees", {"fastestFee": 9}, "hourFee"),
        ("fees", {"hourFee": -1}, "hourFee"),
        ("fees", {"hourFee": 0}, "hourFee"),
        ("fees", {"hourFee": 1_000_000}, "hourFee"),
        ("fees", {"hourFee": "many"}, "hourFee"),
        ("fees", {"hourFee": True}, "hourFee"),
        ("fees", [], "JSON"),
        ("fees", 4, "JSON"),
        ("fees", None, "JSON"),
        ("network", {"latest": None}, "JSON"),
        ("mempool node", {"public_key": OTHER}, "public_key"),
        ("mempool node", {}, "public_key"),
        ("sparkseer node", [{"pubkey": OTHER}], "pubkey"),
        ("sparkseer node", ["nothing"], "JSON"),
        ("centralities", {"centralities": "none"}, "centralities"),
        ("centralities", 7, "centralities"),
        ("summary", {"ln_summary": []}, "time"),
        ("summary", {"ln_summary": [{"time": "soon"}, 3]}, "time"),
        ("wallet", {"name": "x", "balance": -1}, "balance"),
        ("wallet", {"name": "x", "balance": 1.5}, "balance"),
        ("wallet", {"name": "x"}, "balance"),
        ("wallet", "no", "JSON"),
    ],
)
async def test_an_answer_of_another_shape_is_told_by_record_and_field(outside, name, answer, field):
    slug, _ = CALLS[name]
    outside.server(slug).use(Order(Fault.STATUS, status=200, body=json.dumps(answer).encode()))

    with pytest.raises(SourceBroken) as caught:
        await asked(outside, name)

    assert caught.value.field == field


NONSENSE = ["null", "0", "7", '"x"', "true", "NaN", "[]", "[[]]", "[null]", "[7]", "{}", '{"latest": [1]}', "1e999"]
NONSENSE += ['{"ln_summary": 7}', '{"centralities": [null, {"pubkey": [], "ranks": [[]]}]}', '{"data": {}}', "9" * 5000]


@pytest.mark.parametrize("name", CALLS)
async def test_no_answer_whatever_breaks_more_than_its_call(outside, name):
    server = outside.server(CALLS[name][0])
    for body in NONSENSE:
        server.use(Order(Fault.STATUS, status=200, body=body.encode()))
        try:
            told = await asked(outside, name)
        except SourceError:
            continue
        assert told is None or told == {} or isinstance(told, int), body


async def test_numbers_may_be_text(outside):
    outside.mempool.fees = {"hourFee": "3.5"}
    outside.lnbits.balance_msat = "21000"

    assert await asked(outside, "fees") == 3.5
    assert (await asked(outside, "wallet")).balance_msat == 21_000


FAULTS = [
    ("slow", Order(Fault.STALL_BEFORE_HEADERS), ServiceFails, "too long"),
    ("reset", Order(Fault.RESET_BEFORE_HEADERS), ServiceFails, "does not answer"),
    ("a page", Order(Fault.PLAIN_TEXT), SourceBroken, "web page"),
    ("cut off", Order(Fault.STATUS, status=200, body=b'{"hourFee": 4'), SourceBroken, "not valid JSON"),
    ("nothing", Order(Fault.STATUS, status=200, body=b""), SourceBroken, "not valid JSON"),
    ("nested", Order(Fault.STATUS, status=200, body=b"[" * 100_000), SourceBroken, "not valid JSON"),
    ("bytes", Order(Fault.STATUS, status=200, body=b"\xff\xfe\x00"), SourceBroken, "not valid JSON"),
    ("endless", Order(Fault.STATUS, status=200, body=b" " * (2 << 20)), SourceBroken, "above"),
    ("moved", Order(Fault.STATUS, status=302, headers={"Location": "http://127.0.0.1:1/"}), SourceBroken, "leads"),
    ("strange", Order(Fault.STATUS, status=418), SourceBroken, "418"),
    ("401", Order(Fault.STATUS, status=401), SourceRefused, "key"),
    ("403", Order(Fault.STATUS, status=403), SourceRefused, "key"),
    ("429", Order(Fault.STATUS, status=429, headers={"Retry-After": "7"}), SourceUnreachable, "patience"),
    ("503", Order(Fault.STATUS, status=503), SourceUnreachable, "patience"),
    ("500", Order(Fault.STATUS, status=500, body=b"<h1>Oops</h1>"), ServiceFails, "500"),
    ("502", Order(Fault.STATUS, status=502), ServiceFails, "502"),
]


@pytest.mark.parametrize("name", ["fees", "mempool node", "sparkseer node", "wallet"])
async def test_everything_that_goes_wrong_has_its_kind_and_tells_no_key(outside, name, caplog):
    caplog.set_level(logging.DEBUG)
    slug, _ = CALLS[name]
    server = outside.server(slug)
    for label, order, kind, words in FAULTS:
        server.use(order)

        with pytest.raises(SourceError) as caught:
            await asked(outside, name, patience_s=IMPATIENCE_S if label == "slow" else PATIENCE_S)

        assert type(caught.value) is kind, label
        assert words in str(caught.value), label
        assert KEY not in str(caught.value), label
        said = f"{caught.value!r} {caught.value.__cause__!r} {place(outside, slug)!r}"
        assert not server.key or server.key not in f"{said} {caplog.text}", label
    assert all(server.key not in request.target for request in server.requests if server.key)
    assert all(request.method == "GET" for request in server.requests)


@pytest.mark.parametrize("name", ["fees", "wallet"])
async def test_a_closed_port_is_a_service_that_fails(outside, name):
    with socket.socket() as taken:  # bound, so that nobody else answers there; not listening
        taken.bind(("127.0.0.1", 0))
        slug, ask = CALLS[name]
        at = ServiceAt(slug, "it", f"http://127.0.0.1:{taken.getsockname()[1]}", "k", patience_s=PATIENCE_S)

        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as web:
            with pytest.raises(ServiceFails, match="it does not answer"):
                await ask(web, at)


async def test_who_asks_too_quickly_is_told_how_long_to_wait(outside):
    await asked(outside, "network")
    outside.mempool.rate_s, outside.mempool.retry_after = 60.0, "11"
    try:
        with pytest.raises(SourceUnreachable) as caught:
            await asked(outside, "network")
    finally:
        outside.mempool.rate_s, outside.mempool.retry_after = 0.0, ""

    assert caught.value.retry_after_s == 11


@pytest.mark.parametrize(
    ("header", "expected_s"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("999999999", 3600.0),
        ("", 60.0),
        ("soon", 60.0),
        ("-3", 60.0),
        ((AT + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 90.0),
        ((AT - timedelta(days=9)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 1.0),
    ],
)
def test_the_wait_that_is_asked_for_is_bounded(header, expected_s):
    assert retry_after_s(header, at=AT) == expected_s


@pytest.mark.parametrize(
    ("key", "words"),
    [("", "invoice/read key"), ("wrong", "knows no wallet"), (ADMIN_KEY, "can spend")],
)
async def test_a_wallet_is_read_by_its_read_key_alone(outside, key, words):
    with pytest.raises(SourceRefused, match=words) as caught:
        await asked(outside, "wallet", key=key)

    assert not key or key not in str(caught.value)
    assert (await asked(outside, "wallet", key=READ_KEY)).balance_msat > 0


async def test_sparkseer_is_not_asked_without_a_key_for_what_needs_one(outside):
    with pytest.raises(SourceRefused, match="for a key only"):
        await asked(outside, "sparkseer node", key="")
    assert outside.sparkseer.requests == []
    with pytest.raises(SourceRefused, match="refuses the key"):
        await asked(outside, "sparkseer node", key="wrong")
