"""Frame a door for its two servers: lean ASGI, as it is served, and a Django view, which reverse and tests know.

Django's middleware costs a request several hops between threads; a stream of tokens needs none of what it does.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from models_registry.api.openai.refusals import too_large
from models_registry.api.openai.wire import LARGEST_BODY, Call, Door, Reply
from models_registry.services.borrow import borrowing_aside

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]
# Proxies must neither keep an answer nor hold a stream back.
ALWAYS = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))


class Gone(Exception):
    """Whoever asked hung up."""


def as_asgi(door: Door, named: Mapping[str, str]) -> Application:
    """Return a door as an ASGI application. When the client hangs up, what was begun for it is canceled."""

    async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
        except Gone:
            return
        given = (value for name, value in scope["headers"] if name == b"authorization")
        token = next(given, b"").decode("latin-1")
        call = Call(scope["method"], token, body or b"", named, borrowing_aside, is_at_home=True)
        answer = door(call) if body is not None else _refuse_size()
        await _while_listening(receive, answer, send)

    return application


def as_view(door: Door) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Return a door as an asynchronous Django view."""

    async def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        call = Call(request.method or "GET", request.headers.get("Authorization", ""), request.body, named)
        reply = await door(call)
        headers = {"Content-Type": reply.content_type, **dict(ALWAYS), **dict(reply.headers)}
        if reply.rest is None:
            return HttpResponse(reply.body, status=reply.status, headers=headers)
        if isinstance(request, ASGIRequest):
            return StreamingHttpResponse(_joined(reply.body, reply.rest), status=reply.status, headers=headers)
        # Without an event loop of its own, the server could not go on where this one stopped: it gets the whole.
        everything = b"".join([piece async for piece in _joined(reply.body, reply.rest)])
        return HttpResponse(everything, status=reply.status, headers=headers)

    return csrf_exempt(view)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, or None when it is larger than any call may be.

    :raises Gone: when the client left before the end of it.
    """
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY:
            parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts) if size <= LARGEST_BODY else None


async def _refuse_size() -> Reply:
    return too_large().reply()


async def _while_listening(receive: Receive, answer: Awaitable[Reply], send: Send) -> None:
    """Answer, and stop answering when the client is gone. One task listens; this one speaks."""
    speaking = asyncio.current_task()
    hearing = _Hearing(receive, speaking)
    listener = asyncio.ensure_future(hearing.listen())
    try:
        await _send(await answer, send, before_the_end=listener.cancel)
    except asyncio.CancelledError:
        if not hearing.is_gone or speaking is None:
            raise
        speaking.uncancel()
    finally:
        listener.cancel()


class _Hearing:
    """Waits for the client to leave, then cancels the task that speaks to it."""

    def __init__(self, receive: Receive, speaking: "asyncio.Task[Any] | None") -> None:
        self.is_gone = False
        self._receive = receive
        self._speaking = speaking

    async def listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        if self._speaking is not None:
            self._speaking.cancel()


async def _send(reply: Reply, send: Send, *, before_the_end: Callable[[], object]) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in (("Content-Type", reply.content_type), *ALWAYS, *reply.headers)
    ]
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    if reply.rest is None:
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await send(start)
        before_the_end()
        await send({"type": "http.response.body", "body": reply.body})
        return
    async with aclosing(reply.rest) as pieces:
        await send(start)
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        await _written()
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    before_the_end()
    await send({"type": "http.response.body"})


async def _written() -> None:
    """Let the server write. Twisted does so when the loop comes round: not while a host that says all at once is heard.

    The first round finds the socket ready, the second one comes after it was written to.
    """
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _joined(body: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest) as pieces:
        yield body
        async for piece in pieces:
            yield piece
