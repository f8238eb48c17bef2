"""Answer /api/embed and the legacy /api/embeddings. The legacy route does not normalize."""

import asyncio
import time

from tests.servers.ollama.asking import CHARACTERS_PER_TOKEN, EmbedAsk, estimated_tokens, read_embed_ask
from tests.servers.ollama.gojson import Json, without_zeros
from tests.servers.ollama.refusals import TOO_LONG, Refused
from tests.servers.ollama.scenarios import Fault, Scenario
from tests.servers.ollama.state import Exchange
from tests.servers.ollama.vectors import Vector, raw_vector, shortened, unit_vector

USUAL_POISON = "POISON"
NAN_STATUS = {Scenario.EMBED_NAN_400: 400, Scenario.EMBED_NAN_500: 500, Scenario.EMBED_POISONED: 400}
NAN_TEXT = {
    400: "the model returned an embedding with NaN or Inf values",
    500: "failed to encode response: json: unsupported value: NaN",
}
STRETCH = 3.0  # the length of a vector that should have length 1


async def embed(exchange: Exchange) -> None:
    """Answer one request to /api/embed: order kept, unit length, one bad text fails them all."""
    began_ns = time.monotonic_ns()
    ask = read_embed_ask(exchange.body, exchange.house.shelf, default_num_ctx=exchange.house.num_ctx)
    texts = tuple(_fitted(text, ask) for text in ask.texts)
    _refuse_poison(texts, exchange.fault)
    load_ns = await _wait(exchange, ask)
    vectors = [shortened(unit_vector(text, width=ask.model.width), ask.dimensions) for text in texts]
    durations = {
        "total_duration": time.monotonic_ns() - began_ns,
        "load_duration": load_ns,
        "prompt_eval_count": sum(map(estimated_tokens, texts)),
    }
    reply: Json = {"model": ask.name, "embeddings": _spoiled(vectors, exchange.fault)}
    await exchange.response.json(reply | (without_zeros(durations) if texts else {}))


async def embed_legacy(exchange: Exchange) -> None:
    """Answer one request to /api/embeddings: one prompt, one vector of any length."""
    house = exchange.house
    ask = read_embed_ask(exchange.body, house.shelf, default_num_ctx=house.num_ctx, field="prompt")
    _refuse_poison(ask.texts, exchange.fault)
    await _wait(exchange, ask)
    vectors = [raw_vector(text, width=ask.model.width) for text in ask.texts[:1]]
    spoiled = _spoiled(vectors, exchange.fault)
    await exchange.response.json({"embedding": spoiled[0] if spoiled else []})


async def _wait(exchange: Exchange, ask: EmbedAsk) -> int:
    """Return the load time in nanoseconds, once the model has had its turn."""
    scheduler, number = exchange.house.scheduler, exchange.request.number
    options, keep_alive_s = ask.options.load, ask.keep_alive_s
    async with scheduler.lease(ask.model, options, keep_alive_s=keep_alive_s, request=number) as lease:
        if ask.texts:
            await asyncio.sleep(exchange.house.pace.prompt_delay_s)
    return lease.load_ns


def _fitted(text: str, ask: EmbedAsk) -> str:
    """Return the text as far as the model reads it.

    :raises Refused: 400 when it is too long and truncate is off.
    """
    longest = ask.options.load.num_ctx * CHARACTERS_PER_TOKEN
    if len(text) > longest and not ask.truncates:
        raise Refused(400, TOO_LONG)
    return text[:longest]


def _refuse_poison(texts: tuple[str, ...], fault: Fault) -> None:
    status = NAN_STATUS.get(fault.scenario)
    if status is None:
        return
    poison = USUAL_POISON if fault.scenario is Scenario.EMBED_POISONED and fault.poison is None else fault.poison
    if poison is None or any(poison in text for text in texts):
        raise Refused(fault.status or status, fault.text or NAN_TEXT[status])


def _spoiled(vectors: list[Vector], fault: Fault) -> list[Vector]:
    if fault.scenario is Scenario.EMBED_EMPTY:
        return []
    if fault.scenario is Scenario.EMBED_WRONG_COUNT:
        return vectors[:-1] if len(vectors) > 1 else vectors * 2
    if fault.scenario is Scenario.EMBED_WRONG_WIDTH:
        return [vector[:-1] for vector in vectors]
    if fault.scenario is Scenario.EMBED_NOT_UNIT:
        return [[value * STRETCH for value in vector] for vector in vectors]
    return vectors
