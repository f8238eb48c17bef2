"""The doors of /v1/: one function per address. Each reads the body, makes one call down, and replies."""

import base64
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import timezone

from models_registry.api.openai.answers import Answer
from models_registry.api.openai.chunks import CHAT, COMPLETION, Dialect, Usage
from models_registry.api.openai.refusals import refusal_of, too_large
from models_registry.api.openai.requests import ChatAsked, CompletionAsked, EmbeddingAsked, T, read
from models_registry.api.openai.shelf import listed
from models_registry.api.openai.wire import LARGEST_BODY, Call, Door, Refused, Reply, json_reply
from models_registry.domain.chat import estimated_tokens
from models_registry.domain.embedding import Embedded
from models_registry.domain.scopes import Scope
from models_registry.queries.shelf import shelved_models
from models_registry.services.chat import Wanted, let_in, plan_turn, plan_turn_here
from models_registry.services.embed import aembed

Answering = Callable[[Call], Awaitable[Reply]]


async def chat_completions(call: Call) -> Reply:
    """Have a model answer a conversation."""
    asked = await _read(call, ChatAsked)
    return await _answer(call, asked, CHAT)


async def completions(call: Call) -> Reply:
    """Have a model answer a prompt."""
    asked = await _read(call, CompletionAsked)
    return await _answer(call, asked, COMPLETION)


async def embeddings(call: Call) -> Reply:
    """Turn texts into vectors."""
    asked = await _read(call, EmbeddingAsked, scope=Scope.EMBEDDINGS)
    await call.visit(let_in, call.authorization, scope=Scope.EMBEDDINGS, at=timezone.now())
    embedded = await aembed(asked.texts, model=asked.model)
    if asked.dimensions not in (None, embedded.vectors.shape[1]):
        width = embedded.vectors.shape[1]
        message = f"{embedded.model} makes vectors of {width} numbers; they cannot be shortened."
        raise Refused(400, "unsupported_value", message, param="dimensions")
    return json_reply(_embedding_list(asked, embedded))


async def models(call: Call) -> Reply:
    """List what may be named as `model`."""
    return json_reply({"object": "list", "data": await _models(call)})


async def model(call: Call) -> Reply:
    """Describe one model."""
    name = call.named["name"]
    found = next((entry for entry in await _models(call) if entry["id"] == name), None)
    if found is None:
        raise Refused(404, "model_not_found", f"No host has the model {name[:160]!r}.", param="model")
    return json_reply(found)


async def nothing_here(call: Call) -> Reply:
    """Answer for every other address below /v1.

    :raises Refused: always.
    """
    raise Refused(404, "unknown_url", "There is nothing at this address.")


def door(**answering: Answering) -> Door:
    """Return the door of one address: what each method does, and how failures are told."""

    async def opened(call: Call) -> Reply:
        try:
            return await _chosen(answering, call)(call)
        except Exception as exc:
            return refusal_of(exc).reply()

    return opened


def _chosen(answering: dict[str, Answering], call: Call) -> Answering:
    found = answering.get(call.method) or answering.get("ANY")
    if found is None:
        allowed = ", ".join(answering)
        raise Refused(405, "method_not_allowed", f"Use {allowed} here.", headers=(("Allow", allowed),))
    if len(call.body) > LARGEST_BODY:
        raise too_large()
    return found


async def _read(call: Call, shape: type[T], *, scope: Scope = Scope.GATEWAY) -> T:
    try:
        return read(call.body, shape)
    except Refused:
        # Whoever has no key learns only that: the refusal of the body is for those who may ask at all.
        await call.visit(let_in, call.authorization, scope=scope, at=timezone.now())
        raise


async def _answer(call: Call, asked: ChatAsked | CompletionAsked, dialect: Dialect) -> Reply:
    wanted = _wanted(asked)
    if call.is_at_home:
        turn = await plan_turn_here(call.authorization, wanted, visit=call.visit, at=timezone.now())
    else:
        turn = await call.visit(plan_turn, call.authorization, wanted, at=timezone.now())
    answer = Answer(turn, wanted, dialect=dialect, with_usage=asked.wants_usage)
    return await (answer.streamed() if asked.stream else answer.whole())


def _wanted(asked: ChatAsked | CompletionAsked) -> Wanted:
    return Wanted(
        model=asked.model,
        messages=asked.spoken(),
        schema=asked.schema,
        on_behalf_of=asked.user or "",
        max_tokens=asked.limit,
        temperature=asked.temperature,
        top_p=asked.top_p,
        stop=asked.stops,
        seed=asked.seed,
        presence_penalty=asked.presence_penalty,
        frequency_penalty=asked.frequency_penalty,
    )


async def _models(call: Call) -> list[dict[str, Any]]:
    def visit() -> list[dict[str, Any]]:
        let_in(call.authorization, scope=Scope.GATEWAY, at=timezone.now())
        return listed(shelved_models())

    return await call.visit(visit)


def _embedding_list(asked: EmbeddingAsked, embedded: Embedded) -> dict[str, Any]:
    tokens = embedded.prompt_tokens
    chars = sum(map(len, asked.texts))
    usage = Usage(estimated_tokens(chars) if tokens is None else tokens, 0, is_estimated=tokens is None).told()
    del usage["completion_tokens"]
    return {
        "id": f"embd-{uuid.uuid4().hex}",  # OpenAI sends none, but clients made for others insist on one
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _vector(row, asked.encoding_format)}
            for index, row in enumerate(embedded.vectors)
        ],
        "model": embedded.model,
        "usage": usage,
    }


def _vector(row: Any, encoding: str) -> str | list[float]:
    """Return one vector; base64 holds little-endian 32-bit floats, as OpenAI's own client asks for."""
    return base64.b64encode(row.astype("<f4").tobytes()).decode() if encoding == "base64" else row.tolist()


NOTHING_HERE = door(ANY=nothing_here)
ADDRESSES: tuple[tuple[str, str, Door], ...] = (  # route below /v1/, URL name, door
    ("models", "openai-models", door(GET=models)),
    ("models/<path:name>", "openai-model", door(GET=model)),
    ("chat/completions", "openai-chat", door(POST=chat_completions)),
    ("completions", "openai-completions", door(POST=completions)),
    ("embeddings", "openai-embeddings", door(POST=embeddings)),
    ("<path:rest>", "openai-nothing", NOTHING_HERE),
)
