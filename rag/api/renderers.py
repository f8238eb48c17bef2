"""Names for the two streamed framings, so that `Accept` can ask for them; a refusal is rendered in the same framing."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from rag.streaming import encode


class NdjsonRenderer(BaseRenderer):
    """One JSON text per line."""

    media_type = "application/x-ndjson"
    format = "ndjson"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return f"{encode(data)}\n".encode()


class SseRenderer(BaseRenderer):
    """Server-sent events."""

    media_type = "text/event-stream"
    format = "sse"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return f"event: error\ndata: {encode(data)}\n\n".encode()
