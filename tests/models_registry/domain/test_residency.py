"""What a host tells about memory and downloads is read for what it means."""

from datetime import UTC, datetime, timedelta

import pytest

from models_registry.domain.residency import PullProgress, ResidentModel

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size", "vram", "share"),
    [
        (100, 100, 1.0),
        (100, 25, 0.25),
        (100, 0, 0.0),
        (100, 130, 1.0),
        (None, 5, None),
        (0, 0, None),
        (100, None, None),
    ],
)
def test_the_share_in_graphics_memory(size, vram, share):
    assert ResidentModel(name="m", size_bytes=size, vram_bytes=vram).vram_share == share


@pytest.mark.parametrize(
    ("life", "forever"), [(None, False), (timedelta(minutes=5), False), (timedelta(days=106_000), True)]
)
def test_an_expiry_centuries_ahead_is_for_ever(life, forever):
    resident = ResidentModel(name="m", expires_at=None if life is None else NOW + life)

    assert resident.stays_forever(at=NOW) is forever


@pytest.mark.parametrize(
    ("progress", "share", "done"),
    [
        (PullProgress("pulling manifest"), None, False),
        (PullProgress("pulling a", completed_bytes=None, total_bytes=8), 0.0, False),
        (PullProgress("pulling a", completed_bytes=2, total_bytes=8), 0.25, False),
        (PullProgress("success", completed_bytes=8, total_bytes=8), 1.0, True),
    ],
)
def test_how_far_a_download_is(progress, share, done):
    assert (progress.share, progress.is_done) == (share, done)
