"""One connection holds what dies with the process, hears the others, and may go away without anybody waiting for it."""

import asyncio
import time

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection

from models_registry.models import ProcessLease
from models_registry.services import lease
from models_registry.services.lease import Lease, LeaseLost
from models_registry.services.slots import Slots
from tests.models_registry.services.crowd import hear, host_of, plan_of, warm
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)
PHI = "phi3:medium"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
SPACE = lease.space("slot", "host", "model")
KEY = ("host", "model")


@pytest.fixture
async def another():
    """A lease of its own, as another process would have."""
    other = Lease()
    assert await other.ready()
    yield other
    await other.close()


async def until(predicate, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not predicate():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@sync_to_async
def hang_up():
    """End every dedicated connection, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'lnrag lease' AND datname = current_database()"
        )


async def test_a_process_is_registered_while_it_lives(another):
    row = await ProcessLease.objects.aget(id=another.process_id)

    assert row.lock_key == another.lock_key
    await lease.current().ready()
    await lease.current().bury_the_dead()
    assert await ProcessLease.objects.acount() == 2

    await another.close()
    assert [one.id async for one in ProcessLease.objects.all()] == [lease.current().process_id]


async def test_the_dead_are_buried_by_whoever_notices(another):
    await ProcessLease.objects.acreate(lock_key=7, pid=1)

    await another.bury_the_dead()

    assert not await ProcessLease.objects.filter(lock_key=7).aexists()


async def test_a_number_is_held_by_one_process_at_a_time(another):
    mine = lease.current()
    await mine.ready()

    assert await mine.take(SPACE, (1, 2, 3), count=2) == (1, 2)
    assert await another.take(SPACE, (1, 2, 3), count=3) == (3,)
    await mine.free(SPACE, (1,))
    assert await another.take(SPACE, (1, 2), count=2) == (1,)


async def test_news_reach_whoever_listens_in_any_process(another):
    heard: list[str] = []
    mine = lease.current()
    await mine.ready()
    end = mine.subscribe("lnrag_test", heard.append)
    another.subscribe("lnrag_test", heard.append)
    await asyncio.sleep(0.05)

    await another.notify("lnrag_test", "hello")
    await until(lambda: len(heard) == 2)
    end()
    await another.notify("lnrag_test", "again")
    await until(lambda: len(heard) == 3)

    assert heard == ["hello", "hello", "again"]


async def test_a_lost_connection_comes_back_with_everything_it_had(another):
    events: list[str] = []
    heard: list[str] = []
    another.when(gained=lambda: events.append("gained"), lost=lambda: events.append("lost"))
    another.subscribe("lnrag_test", heard.append)
    slots = Slots(another)
    await slots.reserve(KEY, capacity=2, count=2)
    running = slots.take_idle(KEY)
    assert running is not None

    await hang_up()
    await until(lambda: events[-2:] == ["lost", "gained"])
    await asyncio.sleep(0.1)

    mine = lease.current()
    await mine.ready()
    assert await mine.take(SPACE, (1, 2), count=2) == tuple({1, 2} - {running})  # what runs was locked again
    assert slots.idle(KEY) == 0
    await mine.notify("lnrag_test", "still there?")
    await until(lambda: heard == ["still there?"])
    assert await ProcessLease.objects.filter(id=another.process_id).aexists()


async def test_a_statement_on_a_broken_connection_says_so():
    mine = lease.current()
    assert await mine.ready()
    await hang_up()

    with pytest.raises(LeaseLost):
        await mine.fetch("SELECT 1")
    assert await mine.ready(within_s=2)


async def test_without_a_database_nobody_waits_for_it(settings):
    settings.DATABASE_DIRECT_URL = NOWHERE
    mine = lease.current()

    assert not await mine.ready()
    begun = time.monotonic()
    assert not await mine.ready()
    await mine.notify("lnrag_test", "into the dark")
    assert time.monotonic() - begun < 0.5
    with pytest.raises(LeaseLost):
        await mine.take(SPACE, (1,), count=1)


async def test_without_a_database_limits_hold_within_the_process(settings):
    settings.DATABASE_DIRECT_URL = NOWHERE
    with OllamaServer((PHI,), num_parallel=4) as server:
        host = host_of(server, "one", slots=2)
        await warm(server, PHI)
        heard = await asyncio.gather(*(hear(plan_of(PHI, host)) for _ in range(6)))

    assert all(one.failure is None for one in heard)
    assert server.peak("/api/chat") <= 2


async def test_the_connection_may_go_while_requests_run_and_wait():
    with OllamaServer((PHI,), num_parallel=4, token_delay_s=0.02) as server:
        host = host_of(server, "one", slots=1)
        await warm(server, PHI)
        crowd = asyncio.gather(*(hear(plan_of(PHI, host)) for _ in range(6)))
        await server.until(lambda s: len(s.generations) == 2)

        await hang_up()
        heard = await asyncio.wait_for(crowd, 15)

    assert all(one.failure is None for one in heard)
    assert server.peak("/api/chat") <= 2
    for one in heard:
        assert one.positions == sorted(one.positions, reverse=True)


def test_the_lease_is_closed_with_its_loop():
    async def short_life():
        assert await lease.current().ready()
        return lease.current().process_id

    gone = async_to_sync(short_life)()

    assert not ProcessLease.objects.filter(id=gone).exists()


def test_a_direct_address_goes_around_a_pooler(settings):
    usual = lease.connection_settings()
    settings.DATABASE_DIRECT_URL = "postgresql://direct"

    assert (usual["dbname"], usual["host"]) == (connection.settings_dict["NAME"], connection.settings_dict["HOST"])
    assert "pool" not in usual
    assert lease.connection_settings()["conninfo"] == "postgresql://direct"
