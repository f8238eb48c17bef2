"""Answer /api/pull: two layers, progress per layer, a model installed at the end."""

import asyncio
import hashlib

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.gojson import Json, without_zeros
from tests.servers.ollama.refusals import Refused
from tests.servers.ollama.scenarios import Scenario
from tests.servers.ollama.state import Exchange

LAYER_SIZES = (4_661_211_424, 8_433)  # weights and template, as unlike as in life
STEPS = 4  # progress lines per layer
ERROR_TEXT = "max retries exceeded: EOF"


async def pull(exchange: Exchange) -> None:
    """Install a model, telling the progress as NDJSON."""
    name = exchange.body.get("model") or exchange.body.get("name") or ""
    if not name:
        raise Refused(400, "invalid model name")
    fails = exchange.fault.scenario is Scenario.PULL_ERROR_LINE
    if exchange.body.get("stream") is False:
        await _pull_silently(exchange, name, fails=fails)
        return
    lines = progress(name)
    for line in lines[: len(lines) // 2] if fails else lines:
        await asyncio.sleep(exchange.house.pace.token_delay_s)
        await exchange.response.line(line)
    if fails:
        await exchange.response.line({"error": exchange.fault.text or ERROR_TEXT})
    else:
        _install(exchange, name)
    await exchange.response.end()


async def _pull_silently(exchange: Exchange, name: str, *, fails: bool) -> None:
    if fails:
        raise Refused(500, exchange.fault.text or ERROR_TEXT)
    _install(exchange, name)
    await exchange.response.json({"status": "success"})


def _install(exchange: Exchange, name: str) -> None:
    if exchange.house.shelf.find(name) is None:
        exchange.house.shelf.install(InstalledModel(name))


def progress(name: str) -> list[Json]:
    """Return every line of a pull that goes well."""
    layers = [line for size in LAYER_SIZES for line in _layer(f"{name}/{size}", size)]
    tail = ("verifying sha256 digest", "writing manifest", "removing unused layers", "success")
    return [{"status": "pulling manifest"}, *layers, *({"status": status} for status in tail)]


def _layer(seed: str, size: int) -> list[Json]:
    digest = hashlib.sha256(seed.encode()).hexdigest()
    opening = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": size}
    # `completed` starts again with each layer and is absent while it is zero.
    return [opening | without_zeros({"completed": size * step // STEPS}) for step in range(STEPS + 1)]
