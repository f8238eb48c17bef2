"""A guarded call is made while its service is well; else its fallback is returned, and the service is left alone."""

import pytest
from django.db import OperationalError

from models_registry.domain.breaker import BreakerState, Circuit
from models_registry.domain.errors import BreakerOpen, ModelNotInstalled, ProviderUnavailable
from models_registry.models import Breaker
from models_registry.services import breaker_batch, breakers
from models_registry.services.breaker_memory import held
from models_registry.services.guard import with_circuit_breaker
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db(transaction=True)


class Service:
    """A service of the outside world that fails when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None

    def answer(self, word: str) -> str:
        self.asked += 1
        if self.failure:
            raise self.failure
        return word.upper()


@pytest.fixture
def service() -> Service:
    Breaker.objects.create(name="some_api", service="some_api", failure_threshold=3, recovery_s=3600)
    return Service()


def guarded(service: Service, **more):
    @with_circuit_breaker("some_api", failures=(OSError,), **more)
    def ask(word: str) -> str:
        return service.answer(word)

    return ask


def guarded_async(service: Service, **more):
    @with_circuit_breaker("some_api", failures=(OSError,), **more)
    async def ask(word: str) -> str:
        return service.answer(word)

    return ask


def break_down(ask, times: int = 3) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionResetError):
            ask("x")


@pytest.mark.parametrize(
    ("fallback", "expected"), [(None, None), ("kept", "kept"), (lambda word: word + "!", "hello!"), ([], [])]
)
def test_while_it_is_open_the_fallback_answers_and_nobody_asks(service, fallback, expected):
    ask = guarded(service, fallback=fallback)
    assert ask("hello") == "HELLO"
    service.failure = ConnectionResetError()

    break_down(ask)

    assert ask("hello") == expected
    assert service.asked == 4
    assert Breaker.objects.get(name="some_api").total_rejected == 1


def test_without_a_fallback_it_says_so(service):
    service.failure = ConnectionResetError()
    ask = guarded(service)
    break_down(ask)

    with pytest.raises(BreakerOpen, match="some_api"):
        ask("hello")


async def test_async_calls_are_guarded_alike(service):
    service.failure = ConnectionResetError()

    async def instead(word: str) -> str:
        return word + "?"

    ask, ask_plain = guarded_async(service, fallback=instead), guarded_async(service, fallback=7)
    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            await ask("x")

    assert await ask("hello") == "hello?"
    assert await ask_plain("hello") == 7
    assert service.asked == 3


@pytest.mark.parametrize("failure", [ValueError(), ModelNotInstalled("404"), KeyError()])
def test_what_does_not_speak_against_the_service_leaves_it_closed(service, failure):
    service.failure = failure
    ask = guarded(service, fallback=None)

    for _ in range(20):
        with pytest.raises(type(failure)):
            ask("x")

    assert Breaker.objects.get(name="some_api").state == "closed"


def test_a_model_error_is_judged_by_its_kind(service):
    service.failure = ProviderUnavailable("500")
    ask = guarded(service, fallback=None)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            ask("x")

    assert ask("x") is None


def test_a_trial_that_goes_well_closes_it(service):
    service.failure = ConnectionResetError()
    ask = guarded(service, fallback="instead")
    break_down(ask)
    Breaker.objects.update(recovery_s=0)
    service.failure = None

    assert [ask("a"), ask("b"), ask("c")] == ["A", "B", "C"]
    assert Breaker.objects.get(name="some_api").state == "closed"


def test_a_trial_that_fails_otherwise_gives_its_slot_back(service):
    service.failure = ConnectionResetError()
    ask = guarded(service, fallback="instead")
    break_down(ask)
    Breaker.objects.update(recovery_s=0)
    service.failure = ValueError()

    for _ in range(5):
        with pytest.raises(ValueError):
            ask("x")

    assert Breaker.objects.get(name="some_api").trials == []


@pytest.fixture
def fresh_breaker():
    breaker_batch.flush()  # what other tests counted
    Breaker.objects.all().delete()
    held.circuit = Circuit()
    yield
    held.circuit = Circuit()


def test_the_breaker_of_the_database_works_without_it_and_tells_its_row_later(fresh_breaker):
    asked = []

    @with_circuit_breaker("postgres", failures=(OperationalError,), fallback="memory")
    def read() -> str:
        asked.append(1)
        raise OperationalError("no connection")

    for _ in range(held.limits.failure_threshold):
        with pytest.raises(OperationalError):
            read()
    assert read() == "memory"
    assert len(asked) == 10

    breaker_batch.flush(at=NOW)

    row = Breaker.objects.get(name="postgres")
    assert (row.state, row.total_failures, row.total_rejected) == ("open", 10, 1)
    assert row.changes.get().reason == "OperationalError"
    assert breakers.force_open([row], by="alice", at=NOW) == 0  # each process holds its own
    assert held.circuit.state is BreakerState.OPEN
