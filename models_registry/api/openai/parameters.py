"""What becomes of each parameter OpenAI documents: honored, harmless at its usual value, or refused by name.

A parameter that would be ignored silently is a wrong answer that nobody notices, so only those are let through that
change nothing about the answer. `null` is always the same as leaving a parameter out.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from models_registry.api.openai.wire import Refused

# Accepted and not used: they are about the platform's own bookkeeping, never about the answer.
UNUSED = frozenset({"metadata", "safety_identifier", "prompt_cache_key", "parallel_tool_calls"})
# Accepted only with the values that ask for nothing special; clients send them unasked.
USUAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "store": (False,),
    "logprobs": (False,),
    "echo": (False,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
    "safe_prompt": (False,),
    "suffix": ("",),
}
# Refused whatever their value, with the reason.
REFUSED: Mapping[str, str] = {
    "audio": "models here speak text only",
    "prediction": "predicted outputs are not supported",
    "reasoning_effort": "models here answer without showing their reasoning",
    "verbosity": "ask for it in words, or set max_tokens",
    "top_logprobs": "token probabilities are not reported",
    "web_search_options": "this server searches no web",
}
REASONS: Mapping[str, str] = {
    "n": "one answer is given per request",
    "best_of": "one answer is given per request",
    "store": "answers are not stored",
    "logprobs": "token probabilities are not reported",
    "tools": "models here call no tools",
    "functions": "models here call no functions",
    "logit_bias": "token probabilities cannot be changed",
    "modalities": "models here speak text only",
}


def check(given: Mapping[str, msgspec.Raw], *, honored: frozenset[str]) -> None:
    """Do nothing when each parameter is honored or harmless.

    :raises Refused: naming the first that is neither.
    """
    for name, raw in given.items():
        if name in honored or name in UNUSED or bytes(raw) == b"null":
            continue
        if name in USUAL:
            if msgspec.json.decode(raw) in USUAL[name]:
                continue
            _refuse(name, REASONS.get(name, "it is not supported"))
        if name in REFUSED:
            _refuse(name, REFUSED[name])
        raise Refused(400, "unknown_parameter", f"Unknown parameter: {name[:80]!r}.", param=name[:80])


def _refuse(name: str, why: str) -> None:
    raise Refused(400, "unsupported_parameter", f"Unsupported parameter: {name!r}; {why}.", param=name)
