"""Follow a download at an Ollama host. Bytes are summed over layers: `completed` starts again with each of them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import msgspec

from models_registry.domain.chat import Timeouts
from models_registry.domain.errors import ModelError, ProviderRejected, ProviderUnavailable
from models_registry.domain.residency import PullProgress
from models_registry.providers.calling import Caller, decoded, settle
from models_registry.providers.deadlines import StreamClock
from models_registry.providers.framing import lines_of
from models_registry.providers.refusals import error_text

WITHOUT_END_S = 7 * 24 * 3600.0  # the clock wants a limit in all; a download has none


class PullLine(msgspec.Struct):
    """One line of /api/pull. `completed` is absent while it is zero."""

    status: str = ""
    digest: str = ""
    total: int | None = None
    completed: int | None = None
    error: object = None


async def pull(caller: Caller, model: str, *, silence_s: float) -> AsyncGenerator[PullProgress, None]:
    """Yield the progress, taking a broken connection up again. See OllamaSpeaker.pull.

    :raises ModelError: when the host refuses, fails or falls silent.
    """
    layers, attempt, arrived = _Layers(), 1, 0
    while True:
        try:
            async with aclosing(_attempt(caller, model, layers, silence_s=silence_s)) as told:
                async for progress in told:
                    yield progress
            return
        except ModelError as exc:
            # What came further than the time before deserves all its attempts again.
            attempt = 1 if layers.completed_bytes > arrived else attempt
            arrived = max(arrived, layers.completed_bytes)
            if not await caller.patience.permits(exc, attempt=attempt):
                raise
        attempt += 1


async def _attempt(
    caller: Caller, model: str, layers: "_Layers", *, silence_s: float
) -> AsyncGenerator[PullProgress, None]:
    clock = StreamClock(replace(Timeouts(), first_token_s=silence_s, idle_s=silence_s, total_s=WITHOUT_END_S))
    async with (
        caller.opened("/api/pull", {"model": model, "stream": True}, clock=clock) as response,
        aclosing(clock.hold(lines_of(caller.bytes_of(response)))) as lines,
    ):
        async for line in lines:
            clock.note_token()
            progress = layers.told(decoded(line, PullLine))
            yield progress
            if progress.is_done:
                await settle(lines)
                return
    raise ProviderUnavailable("The host broke the download off without a word.", repeat_here=True)


class _Layers:
    """The layers told of so far, over all attempts."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}

    @property
    def completed_bytes(self) -> int:
        return sum(completed for completed, _ in self._layers.values())

    def told(self, line: PullLine) -> PullProgress:
        """Return the progress after one line.

        :raises ProviderRejected: for an error line: the host tried several times itself.
        """
        if line.error is not None:
            raise ProviderRejected(error_text(line.error))
        if line.digest and line.total is not None:
            self._layers[line.digest] = (line.completed or 0, line.total)
        return PullProgress(
            status=line.status,
            digest=line.digest,
            completed_bytes=self.completed_bytes if self._layers else None,
            total_bytes=sum(total for _, total in self._layers.values()) if self._layers else None,
        )
