"""How many turns one user or key may have open at once is the tier's, over all processes."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from models_registry.domain.errors import QuotaExceeded
from models_registry.domain.query_types import QueryType
from models_registry.models import Tier
from models_registry.services import lease
from models_registry.services.lease import Lease, space
from models_registry.services.open_turns import counted
from models_registry.services.plan import plan_generation
from tests.models_registry.services.crowd import hear, host_of, plan_of
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)
PHI = "phi3:medium"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def another():
    """The lease of another process."""
    other = Lease()
    assert await other.ready()
    yield other
    await other.close()


@pytest.fixture
def server():
    with OllamaServer((PHI,)) as started:
        yield started


async def admitted(unit: str, most: int | None, *, leave: asyncio.Event) -> bool:
    try:
        async with counted(unit, most=most):
            await leave.wait()
    except QuotaExceeded:
        return False
    return True


async def crowd(*units: str, most: int | None) -> int:
    """Return how many of these turns, all open at once, are let in."""
    leave = asyncio.Event()
    tasks = [asyncio.ensure_future(admitted(unit, most, leave=leave)) for unit in units]
    await asyncio.wait(tasks, timeout=0.3)
    leave.set()
    return sum(await asyncio.gather(*tasks))


@pytest.mark.parametrize(
    ("units", "most", "expected"),
    [
        (["user:1"] * 6, 2, 2),
        (["user:1", "user:1", "user:2", "user:2"], 1, 2),
        (["user:1/alice", "user:1/bob", "user:1"], 2, 2),
        (["user:1"] * 6, None, 6),
        (["user:1"] * 2, 0, 0),
    ],
    ids=["one user", "two users", "whom one user serves", "no limit", "none at all"],
)
async def test_as_many_are_let_in_as_the_tier_allows(units, most, expected):
    assert await crowd(*units, most=most) == expected
    assert await crowd(*units, most=most) == expected  # who left makes room


async def test_the_turns_of_other_processes_count(another):
    taken = await another.take(space("open", "user:1"), (1, 2, 3), count=2)

    assert await crowd("user:1", "user:1", most=3) == 1
    await another.free(space("open", "user:1"), taken)
    assert await crowd("user:1", "user:1", most=3) == 2


async def test_who_gave_up_while_asking_leaves_nothing_behind(another):
    asking = asyncio.ensure_future(admitted("user:1", 1, leave=asyncio.Event()))
    await lease.current().ready()
    await asyncio.sleep(0)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking

    for _ in range(100):
        if await another.take(space("open", "user:1"), (1,), count=1):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it is still held")


async def test_without_the_database_limits_hold_within_the_process(settings):
    settings.DATABASE_DIRECT_URL = NOWHERE

    assert await crowd(*["user:1"] * 4, most=2) == 2


async def test_a_turn_too_many_is_refused_without_asking_the_host_and_is_told_the_limit(server):
    plan = replace(plan_of(PHI, host_of(server, "one"), unit="user:1"), most_at_once=1)
    async with counted("user:1", most=1):
        refused = await hear(plan)
    answered = await hear(plan)

    assert isinstance(refused.failure, QuotaExceeded)
    assert "one answer at a time" in str(refused.failure)
    assert refused.retry_after_s > 0
    assert refused.record.error_code == "quota_exceeded"
    assert answered.failure is None
    assert len(server.generations) == 1


def test_the_limit_is_that_of_the_tier_that_asks():
    Tier.objects.create(slug="standard", model_tiers=["local"], max_concurrent=3)
    Tier.objects.create(slug="premium", model_tiers=["local"])

    limits = [
        plan_generation(QueryType.QUICK, purpose="answer", unit="u", user_tier=tier).most_at_once
        for tier in ("standard", "premium", "unknown")
    ]

    assert limits == [3, None, None]
