"""Answer the questions about the server itself: root, version, status, tags, ps, show and their OpenAI forms."""

import time
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.servers.ollama.catalog import MODIFIED_AT, InstalledModel
from tests.servers.ollama.gojson import FOREVER_S, NS_PER_S, Json, timestamp
from tests.servers.ollama.refusals import Refused, not_found
from tests.servers.ollama.responses import TEXT_TYPE
from tests.servers.ollama.scenarios import Scenario
from tests.servers.ollama.scheduler import Runner
from tests.servers.ollama.state import Exchange

GREETING = b"Ollama is running"
TEMPLATE = "{{ if .System }}<|system|>{{ .System }}{{ end }}<|user|>{{ .Prompt }}<|assistant|>{{ .Response }}"


async def greet(exchange: Exchange) -> None:
    """Say that the server runs, in plain text."""
    await exchange.response.whole(GREETING, kind=TEXT_TYPE)


async def tell_version(exchange: Exchange) -> None:
    """Say the version."""
    await exchange.response.json({"version": exchange.house.version})


async def tell_status(exchange: Exchange) -> None:
    """Say whether models of the cloud may be used; here they may not."""
    await exchange.response.json({"cloud": {"disabled": True, "source": "env"}})


async def list_installed(exchange: Exchange) -> None:
    """List what is on the disk."""
    models = [_tag(model) for model in exchange.house.shelf.all()]
    await exchange.response.json({"models": models})


def _tag(model: InstalledModel) -> Json:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": MODIFIED_AT,
        "size": model.size,
        "digest": model.digest,
        "details": model.details(),
        "capabilities": list(model.capabilities),
    }


async def list_openai(exchange: Exchange) -> None:
    """List what is on the disk, in OpenAI's form."""
    found = [_openai(model) for model in exchange.house.shelf.all()]
    await exchange.response.json({"object": "list", "data": found})


async def show_openai(exchange: Exchange) -> None:
    """Describe one installed model, in OpenAI's form."""
    name = unquote(exchange.request.path.removeprefix("/v1/models/"))
    model = exchange.house.shelf.find(name)
    if model is None:
        raise not_found(name)
    await exchange.response.json(_openai(model))


def _openai(model: InstalledModel) -> Json:
    created = int(datetime.fromisoformat(MODIFIED_AT).timestamp())
    owner = model.name.rpartition("/")[0] or "library"
    return {"id": model.name, "object": "model", "created": created, "owned_by": owner}


async def list_resident(exchange: Exchange) -> None:
    """List what is in memory; a scenario shows at least one model in its own state."""
    now = time.monotonic()
    rows = [_resident(runner, now) for runner in exchange.house.scheduler.resident()]
    scenario = exchange.fault.scenario
    if scenario in SPOILERS:
        rows = rows or [_row(model, exchange.house.num_ctx) for model in exchange.house.shelf.all()[:1]]
        rows = [row | SPOILERS[scenario](row) for row in rows]
    await exchange.response.json({"models": rows})


def _resident(runner: Runner, now: float) -> Json:
    row = _row(runner.model, runner.options.num_ctx, life_s=runner.remaining_s(now))
    return row | _loading(row) if runner.is_loading else row


def _row(model: InstalledModel, num_ctx: int, *, life_s: float = 300.0) -> Json:
    return {
        "name": model.name,
        "model": model.name,
        "size": model.size,
        "digest": model.digest,
        "details": model.details(),
        "expires_at": _expiry(life_s),
        "size_vram": int(model.size * model.vram_share),
        "context_length": min(num_ctx, model.context_length),
    }


def _expiry(life_s: float) -> str:
    return timestamp(time.time_ns() + int(min(life_s, FOREVER_S) * NS_PER_S))


def _loading(_row: Json) -> Json:
    return {"size_vram": 0}


def _far_future(_row: Json) -> Json:
    return {"expires_at": _expiry(FOREVER_S)}


def _partial(row: Json) -> Json:
    return {"size_vram": row["size"] // 3}


SPOILERS: dict[Scenario, Any] = {
    Scenario.PS_FAR_FUTURE: _far_future,
    Scenario.PS_LOADING: _loading,
    Scenario.PS_PARTIAL_VRAM: _partial,
}


async def show(exchange: Exchange) -> None:
    """Describe one installed model."""
    name = exchange.body.get("model") or exchange.body.get("name") or ""
    if not name:
        raise Refused(400, "model is required")
    model = exchange.house.shelf.find(str(name))
    if model is None:
        raise not_found(str(name))
    await exchange.response.json(_description(model))


def _description(model: InstalledModel) -> Json:
    architecture = model.family.architecture
    return {
        "license": "A stand-in: no weights, no license.",
        "modelfile": f"FROM {model.name}\nTEMPLATE {TEMPLATE}\n",
        "parameters": 'stop "<|user|>"',
        "template": TEMPLATE,
        "details": model.details(),
        "model_info": {
            "general.architecture": architecture,
            "general.parameter_count": 8_030_261_248,
            f"{architecture}.context_length": model.context_length,
            f"{architecture}.embedding_length": model.width,
        },
        "capabilities": list(model.capabilities),
        "modified_at": MODIFIED_AT,
    }
