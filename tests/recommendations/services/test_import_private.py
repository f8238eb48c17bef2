"""Files that a node printed: stored whole or not at all, once however often, and never as more recent than they are."""

import csv
import gzip
import io
import json
from datetime import datetime, timedelta

import pytest

from recommendations.domain.errors import NodeKeyInvalid
from recommendations.domain.source_errors import SourceBroken, SourceMismatch
from recommendations.models import ClosedChannel, Forward, NodeConnection, PrivateChannel
from recommendations.services.import_private import import_files
from tests.recommendations.graphs import key
from tests.recommendations.services.nodes import AT, LND_KEY, connected, read
from tests.servers.lnd import LndServer, words
from tests.servers.simulated import simulated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def printed(name: str, *, at: datetime = AT, forwards: int = 40) -> tuple[str, bytes]:
    """Return a file as lncli prints it."""
    node = simulated(LND_KEY, forwards=forwards, at=at)
    said: dict[str, object] = {
        "info": words.info(node),
        "channels": {"channels": [words.channel(one, with_alias=True) for one in node.channels.values()]},
        "closed": {"channels": [words.closed(one) for one in node.closed]},
        "forwards": {"forwarding_events": [words.forward(one) for one in node.settled()], "last_offset_index": 9},
    }
    return f"{name}.json", json.dumps(said[name]).encode()


def row_of(report) -> NodeConnection:
    return NodeConnection.objects.get(pk=report.connection_id)


def complete_from(report) -> datetime:
    begin = row_of(report).forwards_from
    assert begin is not None
    return begin


def test_the_files_of_a_node_are_stored_as_a_reading_is(operator):
    files = [printed(name) for name in ("info", "channels", "closed", "forwards")]

    report = import_files(files, user=operator, at=AT)

    row = row_of(report)
    node = simulated(LND_KEY, forwards=40, at=AT)
    assert (row.kind, row.owner, row.node.pubkey, row.implementation) == ("files", operator, LND_KEY, "lnd")
    assert set(PrivateChannel.objects.values_list("scid", flat=True)) == set(node.channels)
    assert ClosedChannel.objects.count() == len(node.closed)
    assert report.new_forwards == Forward.objects.count() == len(node.settled())
    assert (row.measured_at, row.forwards_from) == (AT, node.settled()[0].resolved_at)


def test_the_same_files_again_add_nothing_and_equal_forwards_of_one_file_both_count(operator):
    name, content = printed("forwards")
    events = json.loads(content)["forwarding_events"]
    twice = json.dumps({"forwarding_events": [*events, events[-1]]}).encode()

    reports = [
        import_files([(name, text)], pubkey=LND_KEY, user=operator, at=AT) for text in (content, twice, twice, content)
    ]

    assert [report.new_forwards for report in reports] == [len(events), 1, 0, 0]


def test_old_files_speak_of_the_past_and_not_of_an_idle_month(operator):
    old = AT - 200 * DAY
    report = import_files([printed("channels"), printed("forwards", at=old)], pubkey=LND_KEY, user=operator, at=AT)

    row = row_of(report)
    newest = max(Forward.objects.values_list("at", flat=True))
    assert row.measured_at == newest
    assert newest < old


def test_a_gap_between_two_files_makes_only_the_newer_one_complete(operator):
    import_files([printed("forwards", at=AT - 100 * DAY)], pubkey=LND_KEY, user=operator, at=AT)
    report = import_files([printed("forwards")], pubkey=LND_KEY, user=operator, at=AT)

    assert complete_from(report) > AT - 30 * DAY
    joined = import_files([printed("forwards", at=AT - 27 * DAY)], pubkey=LND_KEY, user=operator, at=AT)
    assert complete_from(joined) < AT - 50 * DAY


def test_a_table_packed_with_gzip_is_read_as_well(operator):
    node = simulated(LND_KEY, forwards=10, at=AT)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["timestamp", "chan_id_in", "chan_id_out", "amt_in_msat", "amt_out_msat", "fee_msat"])
    for one in node.settled():
        moment = int(one.resolved_at.timestamp()) if one.resolved_at else 0
        amounts = (one.amount_in_msat, one.amount_out_msat, one.fee_msat)
        rows.writerow([moment, words.number(one.incoming_scid), words.number(one.outgoing_scid), *amounts])

    report = import_files(
        [("forwards.csv.gz", gzip.compress(text.getvalue().encode()))], pubkey=LND_KEY, user=operator, at=AT
    )

    assert report.new_forwards == 10


def test_a_dry_run_stores_nothing(operator):
    report = import_files([printed("info"), printed("forwards")], user=operator, at=AT, dry_run=True)

    assert (report.new_forwards, report.connection_id) == (40, None)
    assert not NodeConnection.objects.exists()
    assert not Forward.objects.exists()


def test_what_cannot_be_read_or_is_somebody_elses_stores_nothing(operator):
    broken = ("broken.json", b'{"forwarding_events": [{"timestamp": "soon"}]}')

    with pytest.raises(SourceBroken):
        import_files([printed("info"), printed("channels"), broken], user=operator, at=AT)
    with pytest.raises(SourceMismatch):
        import_files([printed("info")], pubkey=key(9), user=operator, at=AT)
    with pytest.raises(NodeKeyInvalid):
        import_files([printed("forwards")], user=operator, at=AT)

    assert not NodeConnection.objects.exists()


def test_channels_that_the_graph_knows_to_be_anothers_are_refused(operator, django_user_model):
    admin = django_user_model.objects.create_user("admin", is_staff=True)
    with LndServer(simulated(LND_KEY, at=AT)) as server:
        read(connected(server, admin, graph_every_h=24))

    with pytest.raises(SourceMismatch, match="by the graph"):
        import_files([printed("channels")], pubkey=key(7), user=operator, at=AT)

    assert import_files([printed("channels")], pubkey=LND_KEY, user=operator, at=AT).channels == 12
