"""Answer what changes the disk: pull, push, create, copy, delete, blobs. No bytes are kept, only names and digests."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.gojson import Json, without_zeros
from tests.servers.ollama.refusals import Refused, not_found, not_found_plain
from tests.servers.ollama.scenarios import Scenario
from tests.servers.ollama.state import Exchange

LAYER_SIZES = (4_661_211_424, 8_433)  # weights and template, as unlike as in life
STEPS = 4  # progress lines per layer
ERROR_TEXT = "max retries exceeded: EOF"


async def pull(exchange: Exchange) -> None:
    """Install a model, telling the progress as NDJSON."""
    name = _named(exchange)
    fails = exchange.fault.scenario is Scenario.PULL_ERROR_LINE
    lines = pull_progress(name)
    half = len(lines) // 2
    if exchange.fault.scenario is Scenario.PULL_STALL:
        await _report(exchange, lines[:half])
        await exchange.response.connection.stall()
    if fails:
        await _fail(exchange, lines[:half], exchange.fault.text or ERROR_TEXT)
        return
    await _report(exchange, lines)
    if exchange.house.shelf.find(name) is None:
        exchange.house.shelf.install(InstalledModel(name))
    await _conclude(exchange)


async def push(exchange: Exchange) -> None:
    """Tell the progress of an upload; nothing leaves the machine."""
    name = _named(exchange)
    if exchange.house.shelf.find(name) is None:
        raise not_found(name)
    layers = [line for size in LAYER_SIZES for line in _layer("pushing", f"{name}/{size}", size)]
    await _report(exchange, [{"status": "retrieving manifest"}, *layers, {"status": "pushing manifest"}])
    await _conclude(exchange)


async def create(exchange: Exchange) -> None:
    """Install a model made from another one, or from uploaded blobs."""
    name, source = _named(exchange), str(exchange.body.get("from") or "")
    files = exchange.body.get("files") or {}
    if not source and not files:
        raise Refused(400, "neither 'from' or 'files' was specified")
    parent = exchange.house.shelf.find(source) if source else InstalledModel(name)
    if parent is None:
        raise not_found_plain(source)
    missing = [digest for digest in files.values() if digest not in exchange.house.blobs]
    if missing:
        raise Refused(400, f"invalid digest: {missing[0]}")
    layer = hashlib.sha256(parent.name.encode()).hexdigest()
    await _report(exchange, _statuses("creating system layer", f"using already created layer sha256:{layer}"))
    await _report(exchange, _statuses("writing manifest"))
    exchange.house.shelf.install(replace(parent, name=name))
    await _conclude(exchange)


async def copy(exchange: Exchange) -> None:
    """Install a model under a second name."""
    source, destination = (str(exchange.body.get(key) or "") for key in ("source", "destination"))
    model = exchange.house.shelf.find(source)
    if not source or not destination:
        raise Refused(400, "invalid model name")
    if model is None:
        raise not_found_plain(source)
    exchange.house.shelf.install(replace(model, name=destination))
    await exchange.response.whole(b"")


async def delete(exchange: Exchange) -> None:
    """Take a model off the disk, and out of memory."""
    name = _named(exchange)
    model = exchange.house.shelf.find(name)
    if model is None:
        raise not_found(name)
    exchange.house.shelf.remove(name)
    exchange.house.scheduler.unload(model)
    await exchange.response.whole(b"")


async def ask_blob(exchange: Exchange) -> None:
    """Say whether a blob was uploaded: 200 or 404, without a body."""
    is_there = exchange.request.path.rpartition("/")[2] in exchange.house.blobs
    await exchange.response.whole(b"", status=200 if is_there else 404)


async def keep_blob(exchange: Exchange) -> None:
    """Take an upload whose bytes match their digest; only the digest is kept."""
    digest = exchange.request.path.rpartition("/")[2]
    received = f"sha256:{hashlib.sha256(exchange.request.raw).hexdigest()}"
    if received != digest:
        raise Refused(400, f'digest mismatch, expected "{digest}", got "{received}"')
    exchange.house.blobs.add(digest)
    await exchange.response.whole(b"", status=201)


def _named(exchange: Exchange) -> str:
    name = str(exchange.body.get("model") or exchange.body.get("name") or "")
    if not name:
        raise Refused(400, "invalid model name")
    return name


def _streams(exchange: Exchange) -> bool:
    return exchange.body.get("stream") is not False


async def _report(exchange: Exchange, lines: Iterable[Json]) -> None:
    for line in lines if _streams(exchange) else ():
        await asyncio.sleep(exchange.house.pace.token_delay_s)
        await exchange.response.line(line)


async def _conclude(exchange: Exchange) -> None:
    if not _streams(exchange):
        await exchange.response.json({"status": "success"})
        return
    await exchange.response.line({"status": "success"})
    await exchange.response.end()


async def _fail(exchange: Exchange, lines: Iterable[Json], text: str) -> None:
    if not _streams(exchange):
        raise Refused(500, text)
    await _report(exchange, lines)
    await exchange.response.line({"error": text})
    await exchange.response.end()


def _statuses(*texts: str) -> list[Json]:
    return [{"status": text} for text in texts]


def pull_progress(name: str) -> list[Json]:
    """Return every line of a pull that goes well, but the last."""
    layers = [line for size in LAYER_SIZES for line in _layer("pulling", f"{name}/{size}", size)]
    tail = _statuses("verifying sha256 digest", "writing manifest", "removing unused layers")
    return [{"status": "pulling manifest"}, *layers, *tail]


def _layer(verb: str, seed: str, size: int) -> list[Json]:
    digest = hashlib.sha256(seed.encode()).hexdigest()
    opening = {"status": f"{verb} {digest[:12]}", "digest": f"sha256:{digest}", "total": size}
    # `completed` starts again with each layer and is absent while it is zero.
    return [opening | without_zeros({"completed": size * step // STEPS}) for step in range(STEPS + 1)]
