"""Give a stream of events to a program in the framing it accepts. Holds no database connection while it streams."""

from collections.abc import AsyncGenerator

from asgiref.sync import async_to_sync
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from models_registry.services.borrow import give_back
from models_registry.services.turns import Ticket
from rag.api.renderers import NdjsonRenderer, SseRenderer
from rag.domain.events import Event
from rag.streaming import collect, ndjson, sse

STREAM_RENDERERS: tuple[type[BaseRenderer], ...] = (NdjsonRenderer, SseRenderer, JSONRenderer)
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second one is nginx's: pass each chunk on
FRAMINGS = {NdjsonRenderer.format: ndjson, SseRenderer.format: sse}


def framed(events: AsyncGenerator[Event, None], request: Request, *, ticket: Ticket) -> HttpResponseBase:
    """Return the response that streams `events` as the accepted renderer says; JSON waits for the end.

    Its header X-Turn-Id names the turn to whoever may want to stop it.
    """
    renderer = request.accepted_renderer
    frame, headers = FRAMINGS.get(renderer.format), {**HEADERS, "X-Turn-Id": str(ticket.id)}
    if frame is None:
        return Response(async_to_sync(collect)(events), headers=headers)
    give_back()  # this thread lives as long as the stream, and PostgreSQL allows a hundred connections
    content_type = f"{renderer.media_type}; charset=utf-8"
    return StreamingHttpResponse(frame(events), content_type=content_type, headers=headers)
