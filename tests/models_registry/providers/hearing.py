"""Hear an answer of Ollama's to its end."""

from models_registry.domain.chat import Finished, Text
from tests.models_registry.conftest import ask


async def hear(speaker, request=None):
    """Return the text and the end of one answer."""
    pieces = [piece async for piece in speaker.stream(request or ask())]
    assert isinstance(pieces[-1], Finished)
    assert sum(isinstance(piece, Finished) for piece in pieces) == 1
    return "".join(piece.content for piece in pieces if isinstance(piece, Text)), pieces[-1]
