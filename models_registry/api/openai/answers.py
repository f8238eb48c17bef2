"""One answer on its way to a program: as a stream of events, or whole. Fallback is over once a word was said."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from models_registry.api.openai.chunks import DONE, Chunks, Dialect, Usage, comment, event, whole
from models_registry.api.openai.refusals import refusal_of
from models_registry.api.openai.wire import EVENT_STREAM, Reply
from models_registry.domain.chat import (
    Finished,
    GenerationPlan,
    Loading,
    Piece,
    Queued,
    Started,
    Text,
    estimated_tokens,
)
from models_registry.services import chat_exposure, ledger, turns
from models_registry.services.chat import GATEWAY, PlannedTurn, Wanted
from models_registry.services.generate import Speech

PULSE_S: Final = 10.0  # proxies give up a silent connection after a minute, some after half of one
MODEL_HEADER, TURN_HEADER = "X-Lnrag-Model", "X-Turn-Id"


class Answer:
    """One turn of a model for a program. Used once, by `streamed` or by `whole`."""

    def __init__(self, turn: PlannedTurn, wanted: Wanted, *, dialect: Dialect, with_usage: bool) -> None:
        self._turn, self._wanted = turn, wanted
        self._dialect, self._with_usage = dialect, with_usage
        self._ticket = turns.Ticket()
        self._speech = Speech(turn.plan, wanted.messages, schema=wanted.schema, stop=self._ticket.stop)
        self._id = dialect.prefix + uuid.uuid4().hex
        self._created_s = int(time.time())
        self._model = ""
        self._chunks: Chunks | None = None
        self._opening = b""
        self._finished: Finished | None = None
        self._said_chars = 0

    async def streamed(self) -> Reply:
        """Return the reply once there is something to tell; what fails before is an error with its own status.

        :raises ModelError: when nobody took the turn.
        """
        events = self._events()
        first = await anext(events)
        return Reply(200, first, EVENT_STREAM, self._headers(), rest=events)

    async def whole(self) -> Reply:
        """Return the whole answer as one object.

        :raises ModelError: when nobody took the turn, or the voice broke off.
        """
        said: list[str] = []
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                self._note(piece)
                if isinstance(piece, Text):
                    said.append(piece.content)
        body = whole(
            self._dialect,
            answer_id=self._id,
            created_s=self._created_s,
            model=self._model,
            text="".join(said),
            reason=self._reason,
            usage=self._usage(),
        )
        return Reply(200, body, headers=self._headers())

    async def _events(self) -> AsyncGenerator[bytes, None]:
        """Yield the stream's bytes; exactly one finish chunk or error, then `[DONE]`."""
        has_begun = False
        # Where all words come at once, nothing is sent with the name of who speaks.
        until = Started if self._turn.plan.is_streaming else Text
        try:
            async with aclosing(self._pieces()) as pieces, aclosing(_with_pulse(pieces, until=until)) as beats:
                async for piece in beats:
                    told = comment("waiting for the first word") if piece is None else self._told(piece)
                    if told:
                        has_begun = True
                        yield told
        except Exception as exc:  # a door: a stream that was begun must end as one, whatever happened
            if not has_begun:
                raise
            yield event(refusal_of(exc).body) + DONE
            return
        yield self._ending()

    async def _pieces(self) -> AsyncGenerator[Piece, None]:
        """Yield what the speech yields, as a turn that can be stopped, and write down how it ended."""
        with turns.opened(self._ticket, unit=self._turn.caller.owner, purpose=GATEWAY):
            try:
                async with aclosing(self._speech.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece
            finally:
                record = self._speech.record()
                ledger.write_soon(record, self._turn.plan)
                chat_exposure.note_soon(record, self._turn.plan)

    def _note(self, piece: Piece) -> None:
        if isinstance(piece, Text):
            self._said_chars += len(piece.content)
        elif isinstance(piece, Started):
            self._model = piece.model
        elif isinstance(piece, Finished):
            self._finished = piece

    def _told(self, piece: Piece) -> bytes:
        """Return what a piece is as bytes. Who speaks is told with the first word, which follows at once."""
        self._note(piece)
        if isinstance(piece, Text) and self._chunks:
            opening, self._opening = self._opening, b""
            return opening + self._chunks.text(piece.content)
        if isinstance(piece, Started):
            self._chunks = Chunks(
                self._dialect,
                answer_id=self._id,
                created_s=self._created_s,
                model=piece.model,
                with_usage=self._with_usage,
            )
            self._opening = self._chunks.opening()
        return comment(news) if (news := news_of(piece)) else b""

    def _ending(self) -> bytes:
        if self._chunks is None:  # nothing was said, nothing failed: no speech ends so
            return DONE
        usage = self._chunks.usage(self._usage()) if self._with_usage else b""
        return self._chunks.finish(self._reason) + usage + DONE

    @property
    def _reason(self) -> str:
        return "length" if self._finished and self._finished.reason == "length" else "stop"

    def _usage(self) -> Usage:
        """Return what the host counted; what it did not count is estimated, and marked."""
        read = self._finished.prompt_tokens if self._finished else None
        wrote = self._finished.generated_tokens if self._finished else None
        ratio = _ratio(self._turn.plan, self._model)
        chars = sum(len(message.content) for message in self._wanted.messages)
        return Usage(
            prompt_tokens=estimated_tokens(chars, chars_per_token=ratio) if read is None else read,
            completion_tokens=estimated_tokens(self._said_chars, chars_per_token=ratio) if wrote is None else wrote,
            is_estimated=read is None or wrote is None,
        )

    def _headers(self) -> tuple[tuple[str, str], ...]:
        # The host chose the name, so it is a stranger's text.
        is_plain = self._model.isascii() and self._model.isprintable()
        known = ((MODEL_HEADER, self._model),) if self._model and is_plain else ()
        return (*known, (TURN_HEADER, str(self._ticket.id)))


def news_of(piece: Piece) -> str:
    """Return what is told of the wait, as a comment; empty for what is no news."""
    if isinstance(piece, Queued):
        wait = "" if piece.expected_wait_ms is None else f" expected_wait_ms={piece.expected_wait_ms}"
        return f"queued position={piece.position}{wait}"
    if isinstance(piece, Loading):
        left = "" if piece.expected_ms is None else f" expected_ms={piece.expected_ms}"
        return f"loading model={piece.model} elapsed_ms={piece.elapsed_ms}{left}"
    return ""


def _ratio(plan: GenerationPlan, model: str) -> float | None:
    return next((one.chars_per_token for one in plan.candidates if one.model == model), None)


async def _with_pulse(
    pieces: AsyncGenerator[Piece, None], *, until: type[Started | Text]
) -> AsyncGenerator[Piece | None, None]:
    """Yield the pieces, and None after each silence until somebody speaks; afterwards the host's limits decide."""
    has_spoken = False
    while not has_spoken:
        coming = asyncio.ensure_future(anext(pieces, None))
        try:
            while not (await asyncio.wait({coming}, timeout=PULSE_S))[0]:
                yield None
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.wait({coming})
        piece = coming.result()
        if piece is None:
            return
        has_spoken = isinstance(piece, until)
        yield piece
    async for piece in pieces:
        yield piece
