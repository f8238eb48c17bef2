"""Read what a node's own commands printed, from a file: no credential is needed. All of a file is read, or nothing."""

import io
from collections.abc import Callable, Mapping

import msgspec

from recommendations.domain.errors import GraphFileBroken, GraphFileTooLarge
from recommendations.domain.readings import FeeReading, FileKind, NodeFile
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources import cln_shapes, lnd_shapes, node_csv
from recommendations.sources.cln_channels import channel_readings as cln_channel_readings
from recommendations.sources.cln_channels import closed_readings as cln_closed_readings
from recommendations.sources.cln_channels import closing_readings
from recommendations.sources.cln_history import readings as cln_forward_readings
from recommendations.sources.decoding import decoded
from recommendations.sources.files import repaired, unpack_stream
from recommendations.sources.ids import alias_of, key_of, scid_of
from recommendations.sources.lnd_channels import channel_readings as lnd_channel_readings
from recommendations.sources.lnd_closed import closed_readings as lnd_closed_readings
from recommendations.sources.lnd_history import forward_reading

LIMIT_BYTES = 400 * 1024**2  # unpacked
WANTED = (
    "it is none of: lncli getinfo, listchannels, closedchannels, fwdinghistory, feereport; lightning-cli getinfo, "
    "listpeerchannels, listclosedchannels, listforwards; or a CSV of forwards"
)
ABSENT = msgspec.Raw()


class _Top(msgspec.Struct):
    """The parts by which a file is told, not yet decoded."""

    identity_pubkey: msgspec.Raw = ABSENT
    id: msgspec.Raw = ABSENT
    channels: msgspec.Raw = ABSENT
    closedchannels: msgspec.Raw = ABSENT
    forwarding_events: msgspec.Raw = ABSENT
    forwards: msgspec.Raw = ABSENT
    channel_fees: msgspec.Raw = ABSENT


class _Member(msgspec.Struct):
    """What tells the three lists apart that are all called `channels`."""

    peer_id: msgspec.Raw = ABSENT
    close_type: msgspec.Raw = ABSENT


def read_node_file(content: bytes, name: str, *, limit_bytes: int = LIMIT_BYTES) -> NodeFile:
    """Return what a file tells. It may be packed with gzip or xz; `name` only names it in messages.

    :raises SourceBroken: naming the record and the field.
    """
    try:
        file = repaired(unpack_stream(io.BytesIO(content), limit_bytes=limit_bytes))
    except GraphFileBroken as exc:
        raise SourceBroken(record=name, field=exc.field, reason=exc.reason) from exc
    except GraphFileTooLarge as exc:
        reason = f"it holds more than {limit_bytes // 1024**2} MB"
        raise SourceBroken(record=name, field="size", reason=reason) from exc
    text = file.content.lstrip()
    if not text:
        raise SourceBroken(record=name, field="content", reason="it is empty")
    if text.startswith((b"{", b"[")):
        return _json(text, name=name)
    return NodeFile(FileKind.CSV_FORWARDS, forwards=node_csv.forwards(file.content.decode()))


def _json(text: bytes, *, name: str) -> NodeFile:
    try:
        top = decoded(text, _Top, record=name)
    except SourceBroken as exc:
        if exc.field == "JSON":
            raise
        raise SourceBroken(record=name, field="top level", reason=WANTED) from exc
    kind = _kind(top, name=name)
    return READERS[kind](text)


def _kind(top: _Top, *, name: str) -> FileKind:
    if top.channels != ABSENT:
        return _kind_of_channels(top.channels, name=name)
    told = {
        FileKind.LND_FORWARDS: top.forwarding_events,
        FileKind.LND_FEES: top.channel_fees,
        FileKind.LND_INFO: top.identity_pubkey,
        FileKind.CLN_FORWARDS: top.forwards,
        FileKind.CLN_CLOSED: top.closedchannels,
        FileKind.CLN_INFO: top.id,
    }
    for kind, part in told.items():
        if part != ABSENT:
            return kind
    raise SourceBroken(record=name, field="top level", reason=WANTED)


def _kind_of_channels(part: msgspec.Raw, *, name: str) -> FileKind:
    members = decoded(part, list[_Member], record=name)
    if not members:
        raise SourceBroken(record=name, field="channels", reason="it has no channel, so it does not tell whose it is")
    if members[0].peer_id != ABSENT:
        return FileKind.CLN_CHANNELS
    return FileKind.LND_CHANNELS if members[0].close_type == ABSENT else FileKind.LND_CLOSED


def _lnd_info(text: bytes) -> NodeFile:
    told = decoded(text, lnd_shapes.Info, record="getinfo")
    pubkey = key_of(told.identity_pubkey, record="getinfo", field="identity_pubkey")
    return NodeFile(FileKind.LND_INFO, pubkey=pubkey, alias=alias_of(told.alias), version=alias_of(told.version)[:80])


def _lnd_channels(text: bytes) -> NodeFile:
    told = decoded(text, lnd_shapes.Channels, record="listchannels").channels
    return NodeFile(FileKind.LND_CHANNELS, channels=lnd_channel_readings(told, edges={}, own="", record="listchannels"))


def _lnd_closed(text: bytes) -> NodeFile:
    told = decoded(text, lnd_shapes.ClosedChannels, record="closedchannels").channels
    return NodeFile(FileKind.LND_CLOSED, closed=lnd_closed_readings(told, record="closedchannels"))


def _lnd_forwards(text: bytes) -> NodeFile:
    told = decoded(text, lnd_shapes.Forwards, record="fwdinghistory").forwarding_events
    found = [forward_reading(row, record=f"fwdinghistory forwarding_events[{n}]") for n, row in enumerate(told)]
    return NodeFile(FileKind.LND_FORWARDS, forwards=tuple(found))


def _lnd_fees(text: bytes) -> NodeFile:
    told = decoded(text, lnd_shapes.FeeReport, record="feereport").channel_fees
    found = [
        FeeReading(scid_of(row.number, record="feereport", field="chan_id"), row.base_fee_msat, row.fee_per_mil)
        for row in told
    ]
    return NodeFile(FileKind.LND_FEES, fees=tuple(found))


def _cln_info(text: bytes) -> NodeFile:
    told = decoded(text, cln_shapes.Info, record="getinfo")
    pubkey = key_of(told.id, record="getinfo", field="id")
    return NodeFile(FileKind.CLN_INFO, pubkey=pubkey, alias=alias_of(told.alias), version=alias_of(told.version)[:80])


def _cln_channels(text: bytes) -> NodeFile:
    told = decoded(text, cln_shapes.PeerChannels, record="listpeerchannels").channels
    return NodeFile(
        FileKind.CLN_CHANNELS,
        channels=cln_channel_readings(told, own=None, gossip={}, record="listpeerchannels"),
        closing=closing_readings(told, record="listpeerchannels"),
    )


def _cln_closed(text: bytes) -> NodeFile:
    told = decoded(text, cln_shapes.ClosedChannels, record="listclosedchannels").closedchannels
    return NodeFile(FileKind.CLN_CLOSED, closed=cln_closed_readings(told, record="listclosedchannels"))


def _cln_forwards(text: bytes) -> NodeFile:
    told = decoded(text, cln_shapes.Forwards, record="listforwards").forwards
    settled, failed = cln_forward_readings(told, since=None, record="listforwards")
    return NodeFile(FileKind.CLN_FORWARDS, forwards=settled, failures=failed)


READERS: Mapping[FileKind, Callable[[bytes], NodeFile]] = {
    FileKind.LND_INFO: _lnd_info,
    FileKind.LND_CHANNELS: _lnd_channels,
    FileKind.LND_CLOSED: _lnd_closed,
    FileKind.LND_FORWARDS: _lnd_forwards,
    FileKind.LND_FEES: _lnd_fees,
    FileKind.CLN_INFO: _cln_info,
    FileKind.CLN_CHANNELS: _cln_channels,
    FileKind.CLN_CLOSED: _cln_closed,
    FileKind.CLN_FORWARDS: _cln_forwards,
}
