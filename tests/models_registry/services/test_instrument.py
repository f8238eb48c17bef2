"""A measured call is counted, timed, and its failure named: sync or async, decorated or in a block."""

import asyncio

import pytest

from models_registry import metrics
from models_registry.domain.errors import ProviderTimeout
from models_registry.services.instrument import instrumented

SERVICE = "sparkseer_api"


def counted(endpoint: str) -> tuple[float, float, float]:
    requests = metrics.EXTERNAL_REQUESTS
    return (
        requests.labels(SERVICE, endpoint, "ok")._value.get(),
        requests.labels(SERVICE, endpoint, "error")._value.get(),
        metrics.EXTERNAL_SECONDS.labels(SERVICE, endpoint)._sum.get(),
    )


def ticking():
    moments = iter(range(0, 1000, 2))
    return lambda: next(moments)


def test_a_block_and_a_function_are_measured():
    before = counted("sync")

    with instrumented(SERVICE, "sync", clock=ticking()):
        pass

    @instrumented(SERVICE, "sync", clock=ticking())
    def double(number: int) -> int:
        return number * 2

    assert [double(2), double(3)] == [4, 6]
    assert double.__name__ == "double"
    assert counted("sync") == (before[0] + 3, before[1], before[2] + 6)


async def test_an_async_block_and_function_are_measured_also_at_once():
    before = counted("async")

    async with instrumented(SERVICE, "async", clock=ticking()):
        await asyncio.sleep(0)

    @instrumented(SERVICE, "async")
    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return number * 2

    assert list(await asyncio.gather(double(2), double(3))) == [4, 6]
    assert counted("async")[0] == before[0] + 3


@pytest.mark.parametrize(
    ("failure", "error_type"), [(ProviderTimeout("x"), "provider_timeout"), (OSError(), "OSError")]
)
def test_a_failure_is_named_and_raised_on(failure, error_type):
    before = metrics.EXTERNAL_ERRORS.labels(SERVICE, error_type)._value.get()

    with pytest.raises(type(failure)), instrumented(SERVICE, "sync"):
        raise failure

    assert metrics.EXTERNAL_ERRORS.labels(SERVICE, error_type)._value.get() == before + 1


async def test_who_leaves_is_no_failure_of_the_service():
    before = counted("left")

    @instrumented(SERVICE, "left")
    async def wait() -> None:
        await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert counted("left")[1] == before[1]
