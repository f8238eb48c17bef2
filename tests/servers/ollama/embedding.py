"""Answer /api/embed, /v1/embeddings and the legacy /api/embeddings. The legacy route does not normalize."""

import asyncio
import base64
import struct
import time
from dataclasses import replace

from tests.servers.ollama.embed_asking import EmbedAsk, read_embed_ask
from tests.servers.ollama.fields import CHARACTERS_PER_TOKEN, estimated_tokens
from tests.servers.ollama.gojson import without_zeros
from tests.servers.ollama.refusals import TOO_LONG, Refused
from tests.servers.ollama.scenarios import Fault, Scenario
from tests.servers.ollama.scheduler import Want
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
    ask = _read(exchange)
    vectors, load_ns = await _embedded(exchange, ask)
    durations = {
        "total_duration": time.monotonic_ns() - began_ns,
        "load_duration": load_ns,
        "prompt_eval_count": sum(map(estimated_tokens, ask.texts)),
    }
    await exchange.response.json(
        {"model": ask.name, "embeddings": vectors, **(without_zeros(durations) if ask.texts else {})}
    )


async def embed_openai(exchange: Exchange) -> None:
    """Answer one request to /v1/embeddings."""
    ask = _read(exchange)
    if not ask.texts:
        raise Refused(400, "invalid input")
    vectors, _ = await _embedded(exchange, ask)
    is_packed = exchange.body.get("encoding_format") == "base64"
    found = [
        {"object": "embedding", "embedding": _packed(vector) if is_packed else vector, "index": index}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(map(estimated_tokens, ask.texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    await exchange.response.json({"object": "list", "data": found, "model": ask.name, "usage": usage})


def _read(exchange: Exchange, *, under: str = "input") -> EmbedAsk:
    """Return the question with its texts as far as the model reads them."""
    house = exchange.house
    ask = read_embed_ask(exchange.body, house.shelf, default_num_ctx=house.num_ctx, under=under)
    return replace(ask, texts=tuple(_fitted(text, ask) for text in ask.texts))


async def _embedded(exchange: Exchange, ask: EmbedAsk) -> tuple[list[Vector], int]:
    """Return one vector per text, as the fault spoils them, and the load time in nanoseconds."""
    _refuse_poison(ask.texts, exchange.fault)
    load_ns = await wait_turn(exchange, ask)
    vectors = [shortened(unit_vector(text, width=ask.model.width), ask.dimensions) for text in ask.texts]
    return _spoiled(vectors, exchange.fault), load_ns


def _packed(vector: Vector) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


async def embed_legacy(exchange: Exchange) -> None:
    """Answer one request to /api/embeddings: one prompt, one vector of any length."""
    ask = _read(exchange, under="prompt")
    _refuse_poison(ask.texts, exchange.fault)
    await wait_turn(exchange, ask)
    vectors = [raw_vector(text, width=ask.model.width) for text in ask.texts[:1]]
    spoiled = _spoiled(vectors, exchange.fault)
    await exchange.response.json({"embedding": spoiled[0] if spoiled else []})


async def wait_turn(exchange: Exchange, ask: EmbedAsk) -> int:
    """Return the load time in nanoseconds, once the model has had its turn."""
    house = exchange.house
    want = Want(ask.model, ask.options.load, ask.keep_alive_s, exchange.request.number)
    async with house.scheduler.lease(want) as lease:
        if ask.texts:
            await asyncio.sleep(house.pace.prompt_s(ask.model, sum(map(estimated_tokens, ask.texts))))
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
