"""Ask any speaker one plain question, with options by name (CL-04 to CL-06). For commands, probes and benchmarks.

Answers to people go through services/generate.py, which knows plans, fallbacks and the queue.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import fields
from types import MappingProxyType

from models_registry.domain.chat import ChatRequest, Knobs, Message, Role, Text
from models_registry.domain.errors import ProviderRejected
from models_registry.providers.base import Speaker

KNOWN = tuple(field.name for field in fields(Knobs))
NO_OPTIONS: Mapping[str, object] = MappingProxyType({})


async def generate(
    speaker: Speaker,
    prompt: str,
    *,
    model: str,
    options: Mapping[str, object] = NO_OPTIONS,
    keep_alive: str | None = None,
    stream: bool = False,
) -> str:
    """Return the whole answer to one prompt.

    :raises ProviderRejected: without asking, for an unknown option, or when a stream is wanted.
    :raises ModelError: when the host fails.
    """
    if stream:
        raise ProviderRejected("generate returns whole answers; for pieces call generate_stream.")
    async with aclosing(
        generate_stream(speaker, prompt, model=model, options=options, keep_alive=keep_alive)
    ) as pieces:
        return "".join([piece async for piece in pieces])


async def generate_stream(
    speaker: Speaker,
    prompt: str,
    *,
    model: str,
    options: Mapping[str, object] = NO_OPTIONS,
    keep_alive: str | None = None,
) -> AsyncGenerator[str, None]:
    """Yield the answer's pieces. It ends without an error only when the host said that the answer is complete.

    :raises ProviderRejected: without asking, for an unknown option.
    :raises ModelError: when the host fails.
    """
    messages = (Message(Role.USER, prompt),)
    request = ChatRequest(model=model, messages=messages, knobs=knobs_of(options), keep_alive=keep_alive)
    async with aclosing(speaker.stream(request)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Text):
                yield piece.content


def knobs_of(options: Mapping[str, object]) -> Knobs:
    """Return the options as knobs. Hosts pass over a name they do not know, so a typo would change nothing, silently.

    :raises ProviderRejected: naming the option that is unknown or of the wrong type.
    """
    for name, value in options.items():
        if name not in KNOWN:
            raise ProviderRejected(f"There is no option {name!r}. There are: {', '.join(KNOWN)}.")
        if not _fits(name, value):
            raise ProviderRejected(f"The option {name!r} cannot be {value!r}.")
    return Knobs(**dict(options))  # type: ignore[arg-type] # names and types were looked at above


def _fits(name: str, value: object) -> bool:
    if name == "stop":
        return isinstance(value, tuple) and all(isinstance(mark, str) for mark in value)
    whole = name in ("top_k", "num_ctx", "max_tokens", "seed")
    if value is None:
        return name not in ("temperature", "top_p", "num_ctx", "max_tokens")
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)
