"""Files that a node's own commands wrote tell the same as the node itself, and what is wrong is named by its place."""

import gzip
import itertools
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from recommendations.domain.readings import FailedAt, FeeReading, FileKind, ForwardReading, Implementation
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources.node_files import read_node_file
from tests.conftest import REAL_DATA
from tests.recommendations.sources.sources import AT, reading, whole_history
from tests.servers.cln import ClnServer
from tests.servers.cln import words as cln_words
from tests.servers.lnd import LndServer
from tests.servers.lnd import words as lnd_words
from tests.servers.simulated import PUBKEY, simulated

ONE, TWO = "890418x601129x1", "838646x996661x0"
AS_NUMBERS = tuple(str((b << 40) | (t << 16) | o) for b, t, o in ((890418, 601129, 1), (838646, 996661, 0)))
FORWARD = ForwardReading(datetime(2023, 10, 10, 0, 12, tzinfo=UTC), ONE, TWO, 49_384_049, 49_384_000, 49)


def read(told, name="file.json"):
    return read_node_file(told if isinstance(told, bytes) else json.dumps(told).encode(), name)


def lnd_files(node):
    channels = [lnd_words.channel(one, with_alias=True) for one in node.channels.values()]
    return {
        FileKind.LND_INFO: lnd_words.info(node),
        FileKind.LND_CHANNELS: {"channels": channels},
        FileKind.LND_CLOSED: {"channels": [lnd_words.closed(one) for one in node.closed]},
        FileKind.LND_FORWARDS: {"forwarding_events": [lnd_words.forward(one) for one in node.settled()]},
    }


def cln_files(node):
    closing = [cln_words.closing(one) for one in node.closing]
    return {
        FileKind.CLN_INFO: cln_words.info(node),
        FileKind.CLN_CHANNELS: {"channels": [*map(cln_words.channel, node.channels.values()), *closing]},
        FileKind.CLN_CLOSED: {"closedchannels": [cln_words.closed(one) for one in node.closed]},
        FileKind.CLN_FORWARDS: {"forwards": [cln_words.forward(one) for one in node.forwards]},
    }


@pytest.mark.parametrize(("start", "files"), [(LndServer, lnd_files), (ClnServer, cln_files)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_files_tell_what_the_node_itself_tells(start, files, pack):
    node = simulated(at=AT, forwards=60)
    found = {kind: read(pack(json.dumps(told).encode())) for kind, told in files(node).items()}
    with start(node) as server:
        async with reading(server) as source:
            channels, closed, closing = await source.channels(), await source.closed(), await source.closing()
            pages = await whole_history(source)

    info, listed, gone, history = found.values()
    assert [(file.kind, file.implementation) for file in found.values()] == [(kind, server.kind) for kind in found]
    assert (info.pubkey, info.alias, info.version) == (PUBKEY, "simulated ⚡", info.version)
    assert [(one.scid, one.local_sat, one.is_active) for one in listed.channels] == [
        (one.scid, one.local_sat, one.is_active) for one in channels
    ]
    assert gone.closed == closed
    assert set(history.forwards) == {forward for page in pages for forward in page.forwards}
    if server.kind is Implementation.CLN:
        assert listed.closing == closing
        assert set(history.failures) == {failure for page in pages for failure in page.failures}
        assert {one.failed_at for one in history.failures} == set(FailedAt)


def test_an_own_policy_is_complete_or_unknown():
    node = simulated(at=AT, forwards=0)
    lnd, cln = read(lnd_files(node)[FileKind.LND_CHANNELS]), read(cln_files(node)[FileKind.CLN_CHANNELS])

    assert {channel.own_policy for channel in lnd.channels} == {None}
    assert [one.own_policy.time_lock_delta for one in cln.channels] == [80] * 12


def test_a_channel_in_use_before_its_confirmation_goes_by_its_alias_and_one_without_a_name_is_left_out():
    told = cln_files(simulated(at=AT, channels=2, forwards=0))[FileKind.CLN_CHANNELS]["channels"]
    young, unnamed = ({key: row[key] for key in row if key != "short_channel_id"} for row in told[:2])
    young["alias"] = {"local": "16777215x7x9"}

    assert [channel.scid for channel in read({"channels": [young, unnamed]}).channels] == ["16777215x7x9"]


@pytest.mark.parametrize("kind", [FileKind.LND_CHANNELS, FileKind.LND_CLOSED, FileKind.LND_FORWARDS])
def test_64_bit_numbers_may_be_text_or_native(kind):
    told = lnd_files(simulated(at=AT, forwards=5))[kind]
    native = json.loads(re.sub(r'"(0|[1-9]\d{0,19})"', r"\1", json.dumps(told)))

    assert native != told
    assert read(native) == read(told)


def test_newer_lncli_calls_the_funding_transaction_chan_id():
    told = lnd_words.channel(next(iter(simulated(at=AT).channels.values())), with_alias=False)
    newer = told | {"chan_id": "ab" * 32, "scid": told["chan_id"], "scid_str": "871200x1x0"}

    assert read({"channels": [newer]}).channels == read({"channels": [told]}).channels


def test_a_fee_report_tells_fees_and_nothing_more():
    told = {"chan_id": AS_NUMBERS[0], "base_fee_msat": "1000", "fee_per_mil": "250", "fee_rate": 0.00025}

    found = read({"channel_fees": [told], "day_fee_sum": "7"})

    assert (found.kind, found.fees) == (FileKind.LND_FEES, (FeeReading(ONE, 1000, 250),))


LND_LINE = f"10/Oct/2023 00:12,{AS_NUMBERS[0]},{AS_NUMBERS[1]},49384,49384,0,49,49384049,49384000"
LND_HEADER = "timestamp,chan_id_in,chan_id_out,amt_in,amt_out,fee,fee_msat,amt_in_msat,amt_out_msat"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{LND_HEADER}\n{LND_LINE}\n", id="LND's names, its web interface's time"),
        pytest.param(f"\ufeff{LND_HEADER},color\r\n{LND_LINE},red\r\n\r\n", id="a mark, CR LF, a column more"),
        pytest.param(f"{LND_HEADER}\n{LND_LINE}".replace(",", ";"), id="semicolons"),
        pytest.param(f"{LND_HEADER}\n{LND_LINE}".replace(",", "\t"), id="tabs"),
        pytest.param(
            f"created_at,incoming_channel,outgoing_channel,mtokens,fee_mtokens\n"
            f"2023-10-10T00:12:00.000Z,{ONE},{TWO},49384000,49",
            id="the JavaScript tools",
        ),
        pytest.param(
            f"Time,In Channel,Out Channel,Amount Out msat,Fee msat\n1696896720,{ONE},{TWO},49384000,49",
            id="unix seconds",
        ),
        pytest.param(
            f"date,chan_in,chan_out,out_msat,fee_msat\n1696896720000,{ONE},{TWO},49384000,49", id="milliseconds"
        ),
        pytest.param(
            f"timestamp,timestamp_ns,chan_id_in,chan_id_out,amt_out_msat,fee_msat\n"
            f'"so, then",1696896720000000000,{ONE},890418:601129:1,49384000,49'.replace("890418:601129:1", TWO),
            id="nanoseconds before any other time",
        ),
    ],
)
def test_a_csv_of_forwards_is_read_whoever_wrote_it(text):
    found = read(text.encode(), "forwards.csv")

    assert (found.kind, found.implementation) == (FileKind.CSV_FORWARDS, None)
    assert found.forwards == (FORWARD,)


def test_whole_sat_will_do_where_a_csv_has_no_msat():
    found = read(f"timestamp,chan_id_in,chan_id_out,amt_out,fee\n1696896720,{ONE},{TWO},49384,1".encode())

    assert [(one.amount_in_msat, one.amount_out_msat, one.fee_msat) for one in found.forwards] == [
        (49_385_000, 49_384_000, 1_000)
    ]


@pytest.mark.parametrize(
    ("told", "record", "field", "reason"),
    [
        (b"", "file", "content", "empty"),
        (b"  \n", "file", "content", "empty"),
        (b"\x1f\x8bnonsense", "file", "compression", ""),
        (b"BZh91AY", "file", "compression", "gzip or xz"),
        (b"{", "file", "JSON", "cut off"),
        (b"{]}", "file", "JSON", "not valid"),
        ({"edges": []}, "file", "top level", "lncli getinfo"),
        ([], "file", "top level", "lncli getinfo"),
        ({"channels": []}, "file", "channels", "no channel"),
        ({"channels": 7}, "file", "value", "array"),
        ({"identity_pubkey": "nobody"}, "getinfo", "identity_pubkey", "66 hexadecimal"),
        ({"id": 7}, "getinfo", "id", "got `int`"),
        ({"channels": [{"remote_pubkey": PUBKEY}]}, "listchannels channels[0]", "chan_id", "missing"),
        ({"channels": [{"peer_id": PUBKEY}]}, "listpeerchannels channels[0]", "state", "missing"),
        ({"forwarding_events": [{"chan_id_in": "1"}]}, "fwdinghistory forwarding_events[0]", "chan_id_out", "missing"),
        ({"forwards": [{"in_channel": "1x1x1"}]}, "listforwards forwards[0]", "status", "missing"),
        (
            {"forwards": [{"in_channel": "1x1x1", "status": "settled", "in_msat": 5}]},
            "listforwards forwards[0]",
            "out_channel",
            "missing",
        ),
        (
            {"forwarding_events": [{"chan_id_in": "<b>", "chan_id_out": "1", "timestamp": "1"}]},
            "fwdinghistory forwarding_events[0]",
            "chan_id_in",
            "not a channel id",
        ),
        (
            {"forwarding_events": [{"chan_id_in": "1", "chan_id_out": "1", "timestamp": "1", "fee_msat": "-1"}]},
            "fwdinghistory forwarding_events[0]",
            "fee_msat",
            ">= 0",
        ),
        (
            {"forwarding_events": [{"chan_id_in": "1", "chan_id_out": "1", "timestamp": "9999999999999"}]},
            "fwdinghistory forwarding_events[0]",
            "timestamp",
            "moment",
        ),
        (b"hello\nworld", "the header", "timestamp", "no column"),
        (b"timestamp,chan_id_in,chan_id_out,amt_out\n1,1,1,1", "the header", "fee", "no column"),
        (f"{LND_HEADER}\n{LND_LINE}\nnever,1,1,1,1,1,1,1,1".encode(), "line 3", "timestamp", "not a time"),
        (f"{LND_HEADER}\n{LND_LINE.replace('49384000', '4.9E7')}".encode(), "line 2", "out_msat", "whole number"),
        (f"{LND_HEADER}\n{LND_LINE.replace(AS_NUMBERS[0], '9.79E+17')}".encode(), "line 2", "chan_id_in", "channel id"),
        (f"{LND_HEADER}\n{LND_LINE[:40]}".encode(), "line 2", "out", "missing"),
        (f'{LND_HEADER}\n{LND_LINE},"{"x" * 200_000}"'.encode(), "line 2", "CSV", "not valid"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(told, record, field, reason):
    with pytest.raises(SourceBroken) as found:
        read(told, "file")

    assert (found.value.record, found.value.field) == (record, field)
    assert reason in found.value.reason


def test_a_file_that_unpacks_to_too_much_is_not_read():
    with pytest.raises(SourceBroken, match="more than 1 MB"):
        read_node_file(gzip.compress(b" " * 2 * 1024**2), "bomb.gz", limit_bytes=1024**2)


def test_text_that_is_not_utf_8_is_read_with_its_broken_signs_replaced():
    content = json.dumps(lnd_words.info(simulated(at=AT)), ensure_ascii=False).encode().replace("⚡".encode(), b"\xff")

    assert read(content).alias == "simulated \ufffd"


@pytest.mark.real_data
def test_a_real_csv_is_read_whole():
    content = (REAL_DATA / "forwards" / "lnd-forwards-2023-10.csv").read_bytes()

    found = read(content, "lnd-forwards-2023-10.csv").forwards

    assert len(found) == 347
    assert len({scid for one in found for scid in (one.incoming_scid, one.outgoing_scid)}) == 29
    assert all(one.amount_in_msat - one.amount_out_msat == one.fee_msat for one in found)
    assert (found[0].at.date().isoformat(), found[0].fee_msat) == ("2023-10-10", 49)
    assert all(later.at - earlier.at > timedelta() for earlier, later in itertools.pairwise(found))
