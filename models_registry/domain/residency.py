"""What a host tells about its memory and its downloads: the models it holds now, how far a pull has come. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FOREVER = timedelta(days=365)  # `keep_alive: -1` is told as an expiry centuries ahead; nobody else waits a year


@dataclass(frozen=True, slots=True)
class ResidentModel:
    """A model in a host's memory. It tells residency, not occupancy: nothing says how many requests it serves."""

    name: str
    digest: str = ""
    size_bytes: int | None = None
    vram_bytes: int | None = None  # less than `size_bytes`: a part of it runs on the processor
    context_length: int | None = None
    expires_at: datetime | None = None  # None: the host did not say

    @property
    def vram_share(self) -> float | None:
        """Return the share held by graphics memory, 0 to 1; None when the host did not tell both sizes."""
        if not self.size_bytes or self.vram_bytes is None:
            return None
        return min(self.vram_bytes / self.size_bytes, 1.0)

    def stays_forever(self, *, at: datetime) -> bool:
        """Return whether the host was told never to unload it."""
        return self.expires_at is not None and self.expires_at - at > FOREVER


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download has come: the host's own words, and bytes summed over all layers told of so far."""

    status: str
    digest: str = ""  # of the layer in work
    completed_bytes: int | None = None  # None: no layer was told of yet
    total_bytes: int | None = None

    @property
    def is_done(self) -> bool:
        return self.status == "success"

    @property
    def share(self) -> float | None:
        """Return the share that has arrived, 0 to 1; it may fall when the host tells of another layer."""
        return None if not self.total_bytes else (self.completed_bytes or 0) / self.total_bytes
