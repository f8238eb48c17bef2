"""Hold back a model's words until all are said, for a policy that does not stream. Other pieces pass as they come."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from models_registry.domain.chat import Finished, Piece, Text


async def held_back(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Yield the words as one piece, right before Finished. Of a voice that breaks off nobody hears a word."""
    said: list[str] = []
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, Text):
                said.append(piece.content)
                continue
            if isinstance(piece, Finished) and said:
                yield Text("".join(said))
            yield piece
