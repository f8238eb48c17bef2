"""Answer /api/chat and /api/generate: obtain the model, say the script token by token, end as the fault wants."""

import asyncio
import time
from typing import Any

from tests.servers.ollama.asking import Ask, read_ask
from tests.servers.ollama.gojson import Json, timestamp, without_zeros
from tests.servers.ollama.records import Generation, Outcome
from tests.servers.ollama.refusals import Refused
from tests.servers.ollama.scenarios import Fault, Scenario
from tests.servers.ollama.scheduler import Lease
from tests.servers.ollama.scripts import Script, write_script
from tests.servers.ollama.state import Exchange

ERROR_TEXT = "an error was encountered while running the model: unexpected EOF"
STALL_S = 3600.0  # longer than any client waits

# Faults that strike after `after` tokens, and those that strike before the first one.
MID_STREAM = frozenset(
    {
        Scenario.ERROR_LINE,
        Scenario.EOF_WITHOUT_DONE,
        Scenario.CUT_MID_LINE,
        Scenario.RESET_MID_STREAM,
        Scenario.STALL_MID_STREAM,
    }
)
AT_ONCE = frozenset({Scenario.ERROR_AT_ONCE, Scenario.RESET_AFTER_HEADERS, Scenario.STALL_AFTER_HEADERS})


async def speak(exchange: Exchange) -> None:
    """Answer one request to chat or generate.

    :raises Refused: before the first byte, with the real status.
    """
    house = exchange.house
    ask = read_ask(exchange.request.path, exchange.body, house.shelf, default_num_ctx=house.num_ctx)
    if ask.is_preload:
        await _preload(exchange, ask)
        return
    scripted = house.respond(exchange.request) if house.respond else None
    script = write_script(ask, exchange.fault, scripted=scripted)
    await Performance(exchange, ask, script).run()


async def _preload(exchange: Exchange, ask: Ask) -> None:
    """Load or unload without speaking: one object, though streaming is the default."""
    scheduler, unloads = exchange.house.scheduler, ask.keep_alive_s == 0
    if unloads:
        scheduler.unload(ask.model)
    else:
        request = exchange.request.number
        await scheduler.touch(ask.model, ask.options.load, keep_alive_s=ask.keep_alive_s, request=request)
    said = _said(ask, "content", "")
    reason = "unload" if unloads else "load"
    await exchange.response.json({**_opening(ask), **said, "done": True, "done_reason": reason})


class Performance:
    """One generation on its way to the client. Keeps the record while it speaks."""

    def __init__(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        self.exchange = exchange
        self.ask = ask
        self.script = script
        self.fault = exchange.fault
        self.streams = ask.streams and self.fault.scenario is not Scenario.NON_STREAM
        self.record = _record(exchange, ask, script)
        self.times_ns: dict[str, int] = {}
        self._tokens: list[tuple[str, str]] = []

    async def run(self) -> None:
        """Speak, and write down how it ended whatever happens."""
        began_ns = time.monotonic_ns()
        self.exchange.house.ledger.add(self.record)
        try:
            async with self._lease() as lease:
                self.record.started_at = time.monotonic()
                await self._speak(lease, began_ns)
            self.record.outcome = Outcome.DONE
        except Refused:
            self.record.outcome = Outcome.REFUSED
            raise
        except BaseException:
            self.record.outcome = Outcome.FAULT
            raise
        finally:
            self._close_record()

    def _lease(self) -> Any:
        options, keep_alive_s = self.ask.options.load, self.ask.keep_alive_s
        request = self.exchange.request.number
        return self.exchange.house.scheduler.lease(self.ask.model, options, keep_alive_s=keep_alive_s, request=request)
