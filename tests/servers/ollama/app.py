"""Route requests, refuse what Ollama refuses, act out the faults that strike before the first byte."""

import asyncio
import ipaddress
import re
import socket
from types import MappingProxyType

from tests.servers.ollama import orders
from tests.servers.ollama.fields import parse
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.records import Request
from tests.servers.ollama.refusals import BUSY, Refused, exceeds_context
from tests.servers.ollama.responses import TEXT_TYPE, Response
from tests.servers.ollama.routes import route_of
from tests.servers.ollama.scenarios import PRELOAD, Scenario
from tests.servers.ollama.state import Exchange, House
from tests.servers.ollama.wire import Connection, Dropped, Malformed, RawRequest

ERRORS: dict[Scenario, Refused] = {
    Scenario.ERROR_400: Refused(400, "invalid request"),
    Scenario.ERROR_400_NESTED: exceeds_context(9000, 4096),
    Scenario.ERROR_401: Refused(401, "unauthorized", more={"signin_url": "https://example.org/connect"}),
    Scenario.ERROR_403: Refused(403, None),
    Scenario.ERROR_403_CLOUD: Refused(403, "ollama cloud is disabled: remote inference is unavailable"),
    Scenario.ERROR_404: Refused(404, "model 'gone' not found"),
    Scenario.ERROR_429: Refused(429, "you have reached your usage limit, please try again later"),
    Scenario.ERROR_499: Refused(499, "request canceled"),
    Scenario.ERROR_502: Refused(502, "remote model is unreachable"),
    Scenario.ERROR_500: Refused(500, "model runner has unexpectedly stopped"),
    Scenario.ERROR_503: Refused(503, BUSY),
}
PROMPTS = {"/api/chat": "messages", "/api/generate": "prompt"}  # without it the request is a preload
LOCAL_NAMES = ("localhost", socket.gethostname().lower())
LOCAL_ENDINGS = (".local", ".localhost", ".internal")


async def serve(house: House, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection until either side closes it."""
    house.ledger.connections += 1
    house.ledger.open_connections += 1
    connection = Connection(reader, writer, number=house.ledger.connections)
    pump = asyncio.ensure_future(connection.pump())
    try:
        while await _serve_next(house, connection):
            pass
    finally:
        pump.cancel()
        connection.close()
        house.ledger.open_connections -= 1


async def _serve_next(house: House, connection: Connection) -> bool:
    """Serve one request; return whether another one may follow on this connection."""
    try:
        raw = await connection.read_request()
    except Malformed:
        refusal = Response(connection, keeps_alive=False).whole(b"400 Bad Request", status=400, kind=TEXT_TYPE)
        await connection.work(refusal)
        return False
    if raw is None:
        return False
    response = Response(connection, method=raw.method, keeps_alive=raw.keeps_alive)
    if raw.path.startswith(orders.PREFIX):
        return await connection.work(_obey(house, response, raw)) and raw.keeps_alive
    request = _recorded(house, connection, raw)
    response.on_status, response.on_last_bytes = request.answered, request.finished
    with house.ledger.counting("", request.path):
        finished = await connection.work(_answer(house, response, request))
    request.finished()
    request.hung_up = not finished and connection.closed_at is not None
    return finished and raw.keeps_alive


def _recorded(house: House, connection: Connection, raw: RawRequest) -> Request:
    headers = MappingProxyType(raw.headers)
    request = Request(house.ledger.next_number(), connection.number, raw.method, raw.path, headers, raw.body)
    house.ledger.add(request)
    return request


async def _obey(house: House, response: Response, raw: RawRequest) -> None:
    try:
        body = parse(raw.body) if raw.body else {}
        await response.json(orders.obey(house, method=raw.method, target=raw.target, body=body))
    except Refused as refusal:
        await _refuse(response, refusal, path=raw.path)


async def _answer(house: House, response: Response, request: Request) -> None:
    try:
        await _route(house, response, request)
    except Refused as refusal:
        await _refuse(response, refusal, path=request.path)
    except (Dropped, OSError):
        raise
    except Exception as exc:  # our own mistake: kept, and raised again when the test stops the server
        house.ledger.crashes.append(exc)
        await _refuse(response, Refused(500, f"the test server crashed: {exc!r}"), path=request.path)
    finally:
        response.connection.bytewise = False


async def _refuse(response: Response, refusal: Refused, *, path: str) -> None:
    if response.status is not None:  # too late for a status
        await response.connection.hang_up()
    elif refusal.text is None:
        await response.whole(b"", status=refusal.status)
    else:
        await response.json(refusal.body(path=path), status=refusal.status)


async def _route(house: House, response: Response, request: Request) -> None:
    if house.checks_host and not is_local(request.headers.get("host", "")):
        raise Refused(403, None)
    route = route_of(request.path)
    if route is None:
        await response.whole(b"404 page not found", status=404, kind="text/plain")
        return
    handler = route.handlers.get(request.method)
    if handler is None:
        await response.whole(b"405 method not allowed", status=405, kind="text/plain", allow=", ".join(route.verbs))
        return
    body = parse(request.raw) if route.reads_json else {}
    request.body = body if route.reads_json else None
    response.fault = house.faults.choose(_fault_path(request.path, body), str(body.get("model", "")))
    request.scenario = response.fault.scenario
    response.connection.bytewise = response.fault.scenario is Scenario.BYTE_WRITES
    await _strike_early(response)
    await handler(Exchange(house, request, response, body, response.fault))


def is_local(host: str) -> bool:
    """Return whether a server bound to loopback answers this Host header (OLLAMA.md A.1)."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.strip("[]").lower()
    if name in ("", *LOCAL_NAMES) or name.endswith(LOCAL_ENDINGS):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def _fault_path(path: str, body: Json) -> str:
    prompt = PROMPTS.get(path)
    return PRELOAD if prompt and not body.get(prompt) else path


async def _strike_early(response: Response) -> None:
    """Act out the faults that strike before the first byte."""
    fault = response.fault
    if fault.scenario is Scenario.STALL_BEFORE_HEADERS:
        await response.connection.stall()
    if fault.scenario is Scenario.RESET_BEFORE_HEADERS:
        await response.connection.reset()
    if fault.scenario in ERRORS:
        usual = ERRORS[fault.scenario]
        raise Refused(fault.status or usual.status, fault.text or usual.text, more=usual.more)
