"""What a turn leaves behind: its record, its metrics, and a closed connection when it is abandoned."""

import asyncio
import time
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest

from models_registry.domain.chat import Knobs, Message, Outcome, Role, Text
from models_registry.services.generate import Speech
from tests.models_registry.services.speaking import TURNS, counted, listen, plan, server
from tests.servers.ollama import Outcome as HostOutcome

__all__ = ["server"]

pytestmark = pytest.mark.django_db(transaction=True)  # breakers are told how it went


async def test_hanging_up_closes_the_model_within_one_token_and_leaves_the_turn_abandoned(server):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)
    speech = Speech(replace(plan(server), knobs=Knobs()), TURNS)

    async with aclosing(speech.pieces()) as pieces:
        async for piece in pieces:
            if isinstance(piece, Text):
                break
    left_at = time.monotonic()
    await server.until(lambda s: s.generations[0].outcome is not HostOutcome.RUNNING)

    assert server.generations[0].outcome is HostOutcome.HUNG_UP
    assert server.generations[0].tokens_after(left_at) <= 1
    assert len(server.generations) == 1
    record = speech.record()
    assert (record.outcome, record.error_code, record.model) == (Outcome.ABANDONED, "", "phi3:medium")
    assert record.generated_tokens is None


async def test_cancelling_the_task_closes_the_model_too(server):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)
    speech = Speech(replace(plan(server), knobs=Knobs()), TURNS)

    listening = asyncio.create_task(listen(speech))
    await server.until(lambda s: bool(s.generations) and s.generations[0].tokens_generated > 1)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await server.until(lambda s: s.generations[0].outcome is not HostOutcome.RUNNING)

    assert server.generations[0].outcome is HostOutcome.HUNG_UP
    assert server.generations[0].tokens_after_close <= 1
    assert speech.record().outcome is Outcome.ABANDONED


def test_a_turn_that_never_began_is_abandoned(server):
    record = Speech(plan(server), TURNS).record()

    assert record.outcome is Outcome.ABANDONED
    assert (record.latency_ms, record.first_token_ms, record.model) == (None, None, "")


async def test_an_error_of_our_own_is_recorded_as_unexpected(server):
    speech = Speech(plan(server), TURNS, schema={"type": object()})  # cannot be sent as JSON

    with pytest.raises(TypeError):
        await listen(speech)

    assert (speech.record().outcome, speech.record().error_code) == (Outcome.FAILED, "unexpected")


async def test_a_suspected_truncation_is_recorded_and_counted(server):
    server.use("prompt_halved")
    before = counted("lnrag_prompt_truncation_suspected_total", model="phi3-medium")
    speech = Speech(plan(server, "phi3:medium"), (Message(Role.USER, "fee " * 6000),))

    await listen(speech)

    assert speech.record().truncation_suspected
    assert counted("lnrag_prompt_truncation_suspected_total", model="phi3-medium") == before + 1


async def test_a_turn_moves_its_metrics(server):
    names = {
        "rag_ollama_requests_total": {"model": "phi3-medium"},
        "rag_ollama_tokens_generated_total": {"model": "phi3-medium"},
        "rag_ollama_stream_latency_ms_count": {"model": "phi3-medium"},
        "rag_model_requests_total": {"model_name": "phi3-medium", "model_type": "ollama", "status": "completed"},
        "rag_model_tokens_total": {"model_name": "phi3-medium", "token_type": "input"},
        "lnrag_generation_first_token_seconds_count": {"purpose": "advice", "model": "phi3-medium"},
        "lnrag_generation_tokens_per_second_count": {"model": "phi3-medium"},
    }
    before = {name: counted(name, **labels) for name, labels in names.items()}
    server.pace.token_delay_s = 0.005

    await listen(Speech(plan(server), TURNS))

    assert all(counted(name, **labels) > before[name] for name, labels in names.items())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("stall_before_headers", "timeout"),
        ("error_404", "model_not_found"),
        ("error_400", "client_error"),
        ("error_500", "other"),
    ],
)
async def test_each_kind_of_error_is_counted(server, fault, kind):
    server.fail("phi3:medium", fault)
    before = counted("rag_ollama_errors_total", type=kind)

    await listen(Speech(plan(server), TURNS))

    assert counted("rag_ollama_errors_total", type=kind) == before + 1
    assert counted("rag_model_errors_total", model_name="phi3-medium", error_type=kind) >= 1
