"""Each check against what was and what is: when an alert begins, how long it lasts, and when nothing can be told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.alert_checks import look
from recommendations.domain.alerts import (
    AlertKind,
    Answering,
    Before,
    CriticalFinding,
    Notice,
    Noticed,
    Sight,
    WatchedChannel,
    WatchedClose,
    away_since,
    harmless,
    named,
    numbers,
    turn,
)
from recommendations.domain.readings import ClosedBy

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWN = "02" + "ab" * 32
NUMBERS = numbers({})
SILENT = f"unreachable:{OWN}"
STALE = f"stale:{OWN}"


def peer(number: int) -> str:
    return f"03{number:064x}"


def channel(number: int = 1, **changes) -> WatchedChannel:
    shipped = WatchedChannel(
        scid=f"80000{number}x1x0",
        peer_pubkey=peer(number),
        peer_alias=f"peer {number}",
        capacity_sat=5_000_000,
        local_sat=2_500_000,
        remote_sat=2_500_000,
        is_active=True,
        earned_out_msat=900_000,
        earned_in_msat=900_000,
    )
    return replace(shipped, **changes)


def sight(*channels: WatchedChannel, **changes) -> Sight:
    shipped = Sight(
        pubkey=OWN,
        source="the operator's node",
        measured_at=AT,
        answering=Answering.YES,
        failures_in_row=0,
        tried_at=AT,
        refresh_every_min=15,
        window_days=30,
        channels=channels,
        closes=(),
        findings=(),
    )
    return replace(shipped, **changes)


def seen(one: Sight, before: Before | None = None, *, at: datetime = AT) -> Noticed:
    return look(one, before or Before(), NUMBERS, at=at)


def keys(one: Sight, before: Before | None = None, *, at: datetime = AT) -> list[str]:
    return [notice.key for notice in seen(one, before, at=at).notices]


def away(minutes: float, *peers: int) -> Before:
    return Before({peer(one): AT - timedelta(minutes=minutes) for one in peers})


def test_a_healthy_node_has_no_alert():
    assert keys(sight(*(channel(number) for number in range(1, 8)))) == []


@pytest.mark.parametrize(("minutes", "is_alert"), [(None, False), (5, False), (59, False), (60, True), (6_000, True)])
def test_a_peer_is_an_alert_once_it_is_away_long_enough_by_the_nodes_own_readings(minutes, is_alert):
    before = Before() if minutes is None else away(minutes, 1)

    assert keys(sight(channel(is_active=False)), before) == ([f"peer_offline:{peer(1)}"] if is_alert else [])


def test_the_time_between_two_readings_of_a_silent_node_counts_for_no_peer():
    node = sight(channel(is_active=False), answering=Answering.SILENT, measured_at=AT - timedelta(hours=5))
    noticed = seen(node, Before({peer(1): AT - timedelta(hours=5)}, frozenset({f"peer_offline:{peer(1)}"})))

    assert [notice for notice in noticed.notices if notice.kind is AlertKind.PEER_OFFLINE] == []
    assert not noticed.tells_of(f"peer_offline:{peer(1)}")


def test_a_peer_is_away_only_when_all_its_channels_are():
    first, second = channel(is_active=False), channel(is_active=True, scid="800009x1x0")

    assert keys(sight(first, second), away(600, 1)) == []
    (notice,) = seen(sight(first, replace(second, is_active=False)), away(600, 1)).notices
    assert (notice.target, notice.severity) == (peer(1), Severity.HIGH)
    assert "2 channels with 10,000,000 sat" in notice.text


@pytest.mark.parametrize(("is_active", "kept"), [(True, False), (False, True), (None, True)])
def test_since_when_a_peer_is_away_is_kept_until_it_is_seen_again(is_active, kept):
    before = away(30, 1)

    since = away_since(sight(channel(is_active=is_active)), before)

    assert since == (before.away_since if kept else {})
    assert away_since(sight(channel(is_active=False)), Before()) == {peer(1): AT}


def test_most_peers_away_at_once_are_one_alert_and_those_known_before_stay():
    channels = [channel(number, is_active=number > 4) for number in range(1, 7)]
    before = replace(away(120, 1, 2, 3, 4), open_keys=frozenset({f"peer_offline:{peer(2)}"}))

    assert keys(sight(*channels), before) == ["peer_offline:most", f"peer_offline:{peer(2)}"]
    assert keys(sight(*channels[:3], channels[4], channels[5]), away(120, 1, 2)) == [
        f"peer_offline:{peer(1)}",
        f"peer_offline:{peer(2)}",
    ]


@pytest.mark.parametrize(
    ("closed_by", "days", "severity"),
    [
        (ClosedBy.REMOTE_FORCE, 1, Severity.CRITICAL),
        (ClosedBy.BREACH, 1, Severity.CRITICAL),
        (ClosedBy.LOCAL_FORCE, 1, Severity.HIGH),
        (ClosedBy.REMOTE_FORCE, 8, None),
        (ClosedBy.COOPERATIVE, 1, None),
    ],
)
def test_a_close_by_force_is_an_alert_for_a_week(closed_by, days, severity):
    close = WatchedClose("800001x1x0", peer(1), 5_000_000, None, closed_by, AT - timedelta(days=days), AT)
    found = [notice.severity for notice in seen(sight(closes=(close,))).notices]

    assert found == ([] if severity is None else [severity])


def test_a_close_without_a_time_counts_from_when_it_was_first_seen():
    close = WatchedClose("800001x1x0", peer(1), 5_000_000, None, ClosedBy.BREACH, None, AT - timedelta(days=2))

    (notice,) = seen(sight(closes=(close,))).notices

    assert notice.began_at == AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("local", "earned_out", "was_open", "side"),
    [
        (0.04, 900_000, False, "local"),
        (0.04, 49_999, False, None),  # it earns next to nothing: it may be empty
        (0.06, 900_000, False, None),
        (0.06, 900_000, True, "local"),  # it lasts until the side holds enough again
        (0.06, 0, True, "local"),
        (0.15, 900_000, True, None),
        (0.97, 900_000, False, "remote"),
        (0.50, 900_000, False, None),
    ],
)
def test_a_channel_that_earns_and_runs_dry_is_an_alert_until_it_is_filled_again(local, earned_out, was_open, side):
    one = channel(local_sat=round(local * 1e6), remote_sat=round((1 - local) * 1e6), earned_out_msat=earned_out)
    known = frozenset({f"depleted:{one.scid}:local"}) if was_open else frozenset()

    assert keys(sight(one), Before(open_keys=known)) == ([] if side is None else [f"depleted:{one.scid}:{side}"])


@pytest.mark.parametrize("unknown", ["local_sat", "remote_sat", "earned_out_msat"])
def test_an_unknown_balance_or_earning_neither_begins_nor_ends_an_alert(unknown):
    nothing: dict[str, Any] = {unknown: None}
    one = replace(channel(local_sat=0), **nothing)
    key = f"depleted:{one.scid}:local"

    noticed = seen(sight(one))

    assert key not in [notice.key for notice in noticed.notices]
    assert turn(noticed, open_keys=frozenset({key})).over == frozenset()


@pytest.mark.parametrize(
    ("answering", "failures", "was_open", "severity"),
    [
        (Answering.SILENT, 2, False, None),
        (Answering.SILENT, 3, False, Severity.CRITICAL),
        (Answering.SILENT, 1, True, Severity.CRITICAL),
        (Answering.REFUSING, 3, False, Severity.HIGH),
        (Answering.UNREADABLE, 9, False, Severity.HIGH),
        (Answering.YES, 9, False, None),
        (Answering.YES, 0, True, None),
    ],
)
def test_a_node_that_cannot_be_read_several_times_is_an_alert(answering, failures, was_open, severity):
    known = Before(open_keys=frozenset({SILENT}) if was_open else frozenset())
    found = [one.severity for one in seen(sight(answering=answering, failures_in_row=failures), known).notices]

    assert found == ([] if severity is None else [severity])


def test_a_node_that_is_being_read_just_now_ends_no_alert():
    noticed = seen(sight(answering=Answering.UNKNOWN))

    assert turn(noticed, open_keys=frozenset({SILENT})).over == frozenset()


@pytest.mark.parametrize(
    ("hours", "every_min", "is_stale"),
    [
        (5, 15, False),
        (7, 15, True),
        (7, 240, False),
        (13, 240, True),
        (9_000, 0, False),
        (700, None, False),
        (721, None, True),
    ],
)
def test_data_is_stale_by_how_often_it_should_be_read(hours, every_min, is_stale):
    node = sight(measured_at=AT - timedelta(hours=hours), refresh_every_min=every_min)

    assert keys(node) == ([STALE] if is_stale else [])


def test_one_cause_is_told_once():
    node = sight(answering=Answering.SILENT, failures_in_row=40, measured_at=AT - timedelta(hours=10))

    assert keys(node) == [SILENT]
    assert keys(node, Before(open_keys=frozenset({STALE}))) == [SILENT, STALE]


@pytest.mark.parametrize(("is_critical", "was_open", "is_alert"), [(1, 0, 1), (0, 0, 0), (0, 1, 1), (1, 1, 1)])
def test_a_critical_finding_lasts_while_it_stands_just_below(is_critical, was_open, is_alert):
    finding = CriticalFinding("uptime:x", OWN, "Keep the node online", "Because.", (), bool(is_critical))
    key = f"critical_finding:{finding.key}"

    found = keys(sight(findings=(finding,)), Before(open_keys=frozenset({key} if was_open else ())))

    assert found == ([key] if is_alert else [])


def test_rules_that_could_not_look_end_no_alert():
    key = "critical_finding:uptime:x"

    assert turn(seen(sight(findings=None)), open_keys=frozenset({key})).over == frozenset()
    assert turn(seen(sight(findings=())), open_keys=frozenset({key})).over == {key}


def test_a_turn_opens_what_is_new_keeps_what_lasts_and_ends_the_rest():
    def notice(key: str) -> Notice:
        return Notice(key, AlertKind.STALE, Severity.LOW, OWN, "", "", (), AT)

    change = turn(
        Noticed((notice("stale:a"), notice("stale:b")), frozenset({"stale:d"})),
        open_keys=frozenset({"stale:b", "stale:c", "stale:d"}),
    )

    assert [one.key for one in change.opened] == ["stale:a"]
    assert [one.key for one in change.lasting] == ["stale:b"]
    assert change.over == {"stale:c"}


def test_every_alert_has_evidence_with_its_source_and_names_a_next_step():
    one = channel(local_sat=0, remote_sat=5_000_000, is_active=False)
    close = WatchedClose("800001x1x0", peer(1), 5_000_000, None, ClosedBy.BREACH, AT, AT)
    node = sight(one, closes=(close,), answering=Answering.YES)
    silent = sight(answering=Answering.SILENT, failures_in_row=3)

    for notice in (*seen(node, away(90, 1)).notices, *seen(silent).notices):
        assert notice.evidence
        assert all(fact.source == "the operator's node" for fact in notice.evidence)
        assert len({fact.id for fact in notice.evidence}) == len(notice.evidence)
        assert len(notice.text) > 40


@pytest.mark.parametrize(
    ("alias", "shown"),
    [
        ("ACINQ", "ACINQ"),
        ("https://evil.com/x?y=1", "https evil com x y 1"),
        ("<script>alert(1)</script>", "script alert 1 script"),
        ("@everyone <!channel> *bold* [a](b)", "everyone channel bold a b"),
        ("\u202emoc.live\u202d", "moc live"),
        ("a\r\nBcc: x@y.z", "a Bcc x y z"),
        ("⚡ node-1", "⚡ node-1"),
        ("مرحبا", "مرحبا"),
        ("x" * 500, "x" * 40),
        ("   ", ""),
    ],
)
def test_a_strangers_alias_neither_links_nor_mentions_nor_formats(alias, shown):
    assert harmless(alias) == shown
    assert named(OWN, alias) == (f"{shown} (02abababab…)" if shown else "02abababab…")
