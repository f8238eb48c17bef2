"""Answer chat and generate: obtain the model, say the script token by token, end as the fault wants."""

import asyncio
import time
from dataclasses import dataclass

from tests.servers.ollama import openai_bodies
from tests.servers.ollama.asking import Ask, content, read_ask
from tests.servers.ollama.dialects import Dialect, Native, OpenAi, opening, said
from tests.servers.ollama.gojson import Json, without_zeros
from tests.servers.ollama.records import Generation, Outcome
from tests.servers.ollama.refusals import LOAD_FAILED, Refused
from tests.servers.ollama.scenarios import Scenario
from tests.servers.ollama.scheduler import Lease, Want
from tests.servers.ollama.scripts import Script, write_script
from tests.servers.ollama.state import Exchange

ERROR_TEXT = "an error was encountered while running the model: unexpected EOF"

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
    """Answer one request to chat or generate, native or OpenAI-compatible.

    :raises Refused: before the first byte, with the real status.
    """
    house, path, body = exchange.house, exchange.request.path, exchange.body
    is_native = path not in openai_bodies.SPEAKING
    native_path = path if is_native else openai_bodies.SPEAKING[path]
    native_body = body if is_native else openai_bodies.native_body(path, body)
    ask = read_ask(native_path, native_body, house.shelf, default_num_ctx=house.num_ctx)
    if ask.only_renders:
        await _render(exchange, ask)
        return
    if ask.is_preload and is_native:
        await _preload(exchange, ask)
        return
    scripted = house.respond(exchange.request) if house.respond else None
    script = write_script(ask, exchange.fault, scripted=scripted)
    dialect = Native(ask) if is_native else OpenAi(ask, includes_usage=openai_bodies.includes_usage(body))
    await Performance(exchange, ask, script, dialect).run()


async def _preload(exchange: Exchange, ask: Ask) -> None:
    """Load or unload without speaking: one object, though streaming is the default."""
    unloads = ask.keep_alive_s == 0
    if unloads:
        exchange.house.scheduler.unload(ask.model)
    else:
        await exchange.house.scheduler.touch(_want(exchange, ask))
    reason = "unload" if unloads else "load"
    await exchange.response.json({**opening(ask), **said(ask), "done": True, "done_reason": reason})


async def _render(exchange: Exchange, ask: Ask) -> None:
    """Show the prompt as the template would put it, without running the model."""
    rendered = "".join(f"<|{message.get('role')}|>{content(message)}" for message in ask.messages) + "<|assistant|>"
    shown = {"rendered_template": rendered, **without_zeros({"image_count": ask.images})}
    await exchange.response.json({**opening(ask), "_debug_info": shown})


def _want(exchange: Exchange, ask: Ask) -> Want:
    fails = exchange.fault.scenario is Scenario.LOAD_FAILS
    failure = Refused(exchange.fault.status or 500, exchange.fault.text or LOAD_FAILED) if fails else None
    return Want(ask.model, ask.options.load, ask.keep_alive_s, exchange.request.number, failure)


@dataclass(slots=True)
class Stopwatch:
    """When the parts of one generation began, in monotonic nanoseconds."""

    asked: int
    load_ns: int = 0
    leased: int = 0
    prompted: int = 0

    def fields(self, script: Script) -> Json:
        """Return the counts and durations of a final line, zeros absent."""
        now = time.monotonic_ns()
        return without_zeros(
            {
                "total_duration": now - self.asked,
                "load_duration": self.load_ns,
                "prompt_eval_count": script.prompt_tokens,
                "prompt_eval_duration": self.prompted - self.leased,
                "eval_count": script.eval_count,
                "eval_duration": now - self.prompted,
            }
        )


class Performance:
    """One generation on its way to the client. Keeps its record while it speaks."""

    def __init__(self, exchange: Exchange, ask: Ask, script: Script, dialect: Dialect) -> None:
        self._exchange = exchange
        self._response = exchange.response
        self._ask = ask
        self._script = script
        self._dialect = dialect
        self._fault = exchange.fault
        self._streams = ask.streams and self._fault.scenario is not Scenario.NON_STREAM
        self._strikes_at = _strikes_at(exchange)
        self._watch = Stopwatch(asked=time.monotonic_ns())
        self._tokens: list[str] = []
        self._token_times: list[float] = []
        self._record = _new_record(exchange, ask, script, streamed=self._streams)
        self._record.tokens, self._record.token_times = self._tokens, self._token_times

    async def run(self) -> None:
        """Speak, and write down how it ended whatever happens."""
        house = self._exchange.house
        house.ledger.add(self._record)
        self._response.connection.deaf = self._fault.scenario is Scenario.DEAF
        try:
            async with house.scheduler.lease(_want(self._exchange, self._ask)) as lease:
                self._start(lease)
                await asyncio.sleep(house.pace.prompt_s(self._ask.model, self._script.prompt_tokens))
                self._watch.prompted = time.monotonic_ns()
                await self._end(was_struck=await self._tell())
        except Refused:
            self._settle(Outcome.REFUSED)
            raise
        finally:
            self._close_record()

    def _start(self, lease: Lease) -> None:
        self._record.started_at = time.monotonic()
        self._watch.load_ns = lease.load_ns
        self._watch.leased = time.monotonic_ns()

    async def _tell(self) -> bool:
        """Say the tokens; return whether the fault struck on the way."""
        pace, model = self._exchange.house.pace, self._ask.model
        for number, (kind, piece) in enumerate(self._script.beats()):
            if number == self._strikes_at:
                return True
            await asyncio.sleep(pace.token_s(model))  # also without a delay: the others get their turn
            self._tokens.append(piece)
            self._token_times.append(time.monotonic())
            if self._streams:
                await self._say(self._dialect.piece(piece, is_thought=kind == "thinking"))
        if self._script.tool_calls and self._streams:
            await self._say(self._dialect.calls(self._script.tool_calls))
        return self._strikes_at is not None

    async def _say(self, payload: bytes, *, is_last: bool = False) -> None:
        try:
            await self._open()
            await self._response.say(payload, is_last=is_last)
        except OSError:
            if not self._response.connection.deaf:
                raise

    async def _end(self, *, was_struck: bool) -> None:
        if was_struck:
            await self._strike()
        elif self._script.stops_silently:
            await self._stop_silently()
        elif self._streams:
            final = self._dialect.final(self._closing(), has_calls=bool(self._script.tool_calls))
            self._settle(Outcome.DONE)  # whoever leaves from here on has not hung up
            await self._say(final, is_last=True)
            await self._response.end()
        else:
            self._settle(Outcome.DONE)
            await self._response.json(self._whole(self._closing()))

    def _settle(self, outcome: Outcome) -> None:
        """Write down the end before the client can know of it."""
        self._record.outcome = outcome
        self._record.finished_at = time.monotonic()

    def _closing(self) -> Json:
        counts = {} if self._script.hides_counts else self._watch.fields(self._script)
        context = without_zeros({"context": self._script.context})
        return {"done": True, "done_reason": self._script.done_reason, **context, **counts}

    def _whole(self, closing: Json) -> Json:
        content, thinking = "".join(self._script.pieces), "".join(self._script.thinking)
        return self._dialect.whole(content, thinking=thinking, tool_calls=self._script.tool_calls, closing=closing)

    async def _stop_silently(self) -> None:
        self._settle(Outcome.FAULT)
        if self._streams:
            await self._open()
            await self._response.end()
        else:
            await self._response.json(self._whole({"done": False}))

    async def _strike(self) -> None:
        """End as the scenario's name says."""
        kind = self._fault.scenario.value.partition("_")[0]
        if kind == "error":
            await self._fail()
        elif kind == "eof":
            await self._stop_silently()
        elif kind == "cut":
            await self._cut()
        else:
            await (self._reset() if kind == "reset" else self._stall())

    async def _reset(self) -> None:
        self._settle(Outcome.FAULT)
        await self._open()
        await self._response.connection.reset()

    async def _stall(self) -> None:
        await self._open()
        await self._response.connection.stall()

    async def _open(self) -> None:
        if self._streams:
            await self._response.open(self._dialect.content_type)

    async def _fail(self) -> None:
        self._settle(Outcome.FAULT)
        text = self._fault.text or ERROR_TEXT
        if not self._streams:
            raise Refused(500, text)
        await self._say(self._dialect.broken(text), is_last=True)
        await self._response.end()

    async def _cut(self) -> None:
        self._settle(Outcome.FAULT)
        if self._streams:
            await self._open()
            await self._response.say_half(self._dialect.piece("cut", is_thought=False))
        await self._response.connection.hang_up()

    def _close_record(self) -> None:
        record, connection = self._record, self._response.connection
        record.finished_at = record.finished_at or time.monotonic()
        record.payload_bytes = self._response.payload_bytes
        has_left = connection.closed_at is not None and (connection.deaf or record.outcome is Outcome.RUNNING)
        connection.deaf = False
        if has_left:
            record.outcome, record.closed_by_client, record.closed_at = Outcome.HUNG_UP, True, connection.closed_at
        elif record.outcome is Outcome.RUNNING:
            record.outcome = Outcome.FAULT


def _strikes_at(exchange: Exchange) -> int | None:
    scenario = exchange.fault.scenario
    if scenario in AT_ONCE:
        return 0
    return exchange.fault.after if scenario in MID_STREAM else None


def _new_record(exchange: Exchange, ask: Ask, script: Script, *, streamed: bool) -> Generation:
    return Generation(
        number=exchange.house.ledger.next_number(),
        request=exchange.request.number,
        path=exchange.request.path,
        model=ask.model.name,
        scenario=exchange.fault.scenario,
        streamed=streamed,
        num_ctx=ask.options.load.num_ctx,
        prompt_tokens=script.prompt_tokens,
        unknown_options=ask.options.unknown,
    )
