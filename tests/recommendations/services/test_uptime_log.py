"""Our own log of who was online outlives a daemon's restart, and decides once it knows more than the daemon."""

from datetime import timedelta

import pytest

from recommendations.models import Node, NodeConnection, PrivateChannel, UptimeDay
from recommendations.services import uptime_log
from recommendations.services.uptime_log import LOG_DAYS
from tests.recommendations.services.nodes import AT

pytestmark = pytest.mark.django_db
SCID = "900000x1x0"
DAY = timedelta(days=1)


@pytest.fixture
def row(demo, operator) -> NodeConnection:
    node = Node.objects.filter(network=demo.network).exclude(pk=demo.node.pk)[0]
    return NodeConnection.objects.create(node=node, owner=operator, kind="lnd")


def channel(row: NodeConnection, *, is_active: bool | None, daemon_days: float | None, daemon_ratio: float | None):
    """Store the channel as a reading does, with what the daemon counts."""
    known, _ = PrivateChannel.objects.update_or_create(
        connection=row,
        scid=SCID,
        defaults={
            "is_active": is_active,
            "monitored_days": daemon_days,
            "peer_uptime_ratio": daemon_ratio,
            "measured_at": AT,
        },
    )
    return known


def test_the_log_decides_as_soon_as_it_covers_more_days_than_the_daemon(row):
    for number in range(6):  # the daemon is restarted after the third day
        daemon_days = number + 10.0 if number < 3 else float(number - 3)
        kept = channel(row, is_active=number != 1, daemon_days=daemon_days, daemon_ratio=1.0)
        uptime_log.note_channels(row.pk, at=AT + number * DAY)
        kept.refresh_from_db()
        expected = (1.0, daemon_days) if number < 3 else (pytest.approx(number / (number + 1)), number)
        assert (kept.peer_uptime_ratio, kept.monitored_days) == expected


def test_a_source_without_counters_is_known_from_the_log_after_one_day(row):
    kept = channel(row, is_active=True, daemon_days=None, daemon_ratio=None)
    uptime_log.note_channels(row.pk, at=AT)
    kept.refresh_from_db()
    assert (kept.peer_uptime_ratio, kept.monitored_days) == (None, None)

    uptime_log.note_channels(row.pk, at=AT + DAY)

    kept.refresh_from_db()
    assert (kept.peer_uptime_ratio, kept.monitored_days) == (1.0, 1)


def test_each_day_weighs_the_same_and_days_without_a_reading_are_not_monitored(row):
    for at, is_active in ((AT, False), (AT + 9 * DAY, True), (AT + 9 * DAY, True), (AT + 10 * DAY, True)):
        kept = channel(row, is_active=is_active, daemon_days=None, daemon_ratio=None)
        uptime_log.note_channels(row.pk, at=at)

    kept.refresh_from_db()

    assert (kept.peer_uptime_ratio, kept.monitored_days) == (pytest.approx(2 / 3), 2)


def test_a_peer_whose_state_is_unknown_leaves_no_trace(row):
    channel(row, is_active=None, daemon_days=None, daemon_ratio=None)

    uptime_log.note_channels(row.pk, at=AT)

    assert not UptimeDay.objects.exists()


def test_the_nodes_own_uptime_counts_tries_and_forgets_what_is_too_old(row):
    for number, has_answered in enumerate((True, False, True, True)):
        uptime_log.note_node(row.pk, has_answered=has_answered, at=AT + number * DAY)
    row.refresh_from_db()
    assert (row.uptime_ratio, row.monitored_days) == (pytest.approx(3 / 4), 3)

    uptime_log.note_node(row.pk, has_answered=True, at=AT + (LOG_DAYS + 1) * DAY)

    assert sorted(UptimeDay.objects.values_list("day", flat=True))[0] == (AT + 2 * DAY).date()
