"""Read one or two graph files into neutral records, and say exactly which record and field is wrong when one is."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.graph_records import ChannelRecord, GraphRecords, NodeRecord, assembled, storable
from recommendations.sources import cln, lnd
from recommendations.sources.files import Unpacked, repaired, unpack

LND = "lnd-describegraph"
CORE_LIGHTNING = "cln-listchannels"
UNKNOWN_SHAPE = "it has neither `edges` (LND's describegraph) nor `channels` (Core Lightning's listchannels)"
IDENTIFIERS = ("channel_id", "short_channel_id", "pub_key", "nodeid")
Row = TypeVar("Row")
PLACE = re.compile(r"^(?P<reason>.*?)(?: - at `\$(?:\[(?P<index>\d+)\])?\.?(?P<path>[^`]*)`)?$", re.DOTALL)
MISSING = re.compile(r"^Object missing required field `(?P<field>\w+)`$")
ABSENT = msgspec.Raw()
POSITION = re.compile(r"\(byte (\d+)\)")


@dataclass(frozen=True, slots=True)
class GraphFile:
    """A graph as it was handed in."""

    records: GraphRecords
    source_format: str
    sha256: str


class _Top(msgspec.Struct):
    """The parts of a graph file, not yet decoded."""

    nodes: msgspec.Raw = ABSENT
    edges: msgspec.Raw = ABSENT
    channels: msgspec.Raw = ABSENT


def read_graph(path: Path, *, nodes_path: Path | None = None, limit_bytes: int) -> GraphFile:
    """Return the graph of a file; `nodes_path` is Core Lightning's listnodes when it is a file of its own.

    :raises GraphFileBroken: naming the record and the field.
    :raises GraphFileTooLarge: when a file unpacks to more than `limit_bytes`.
    """
    main = unpack(path, limit_bytes=limit_bytes)
    beside = unpack(nodes_path, limit_bytes=limit_bytes) if nodes_path else None
    try:
        return _graph(main, beside)
    except UnicodeDecodeError:  # rare, and looking for it beforehand takes longer than decoding everything
        return _graph(repaired(main), repaired(beside) if beside else None)


def _graph(main: Unpacked, beside: Unpacked | None) -> GraphFile:
    top = _top(main)
    nodes = _top(beside).nodes if beside else top.nodes
    listed, channels, in_nodes, source_format = _records(nodes, top)
    if not channels:
        field = "edges" if top.edges != ABSENT else "channels"
        raise GraphFileBroken(record="the file", field=field, reason="it has no channel")
    replaced = in_nodes + sum(file.replaced_characters for file in (main, beside) if file)
    digest = hashlib.sha256(f"{main.sha256}{beside.sha256}".encode()).hexdigest() if beside else main.sha256
    return GraphFile(assembled(listed, channels, replaced_characters=replaced), source_format, digest)


def _records(nodes: msgspec.Raw, top: _Top) -> tuple[list[NodeRecord], list[ChannelRecord], int, str]:
    if top.edges != ABSENT:
        listed, replaced = lnd.node_records(_decoded(nodes, list[lnd.Node], name="nodes"))
        edges = _decoded(top.edges, list[lnd.Edge], name="edges")
        return listed, lnd.channel_records(edges, keys=_keys(listed)), replaced, LND
    if top.channels != ABSENT:
        listed, replaced = cln.node_records(_decoded(nodes, list[cln.Node], name="nodes"))
        rows = _decoded(top.channels, list[cln.Direction], name="channels")
        return listed, cln.channel_records(rows, keys=_keys(listed)), replaced, CORE_LIGHTNING
    raise GraphFileBroken(record="the file", field="top level", reason=UNKNOWN_SHAPE)


def _keys(nodes: Sequence[NodeRecord]) -> dict[str, str]:
    return {node.pubkey: node.pubkey for node in nodes}


def _top(file: Unpacked) -> _Top:
    if not file.content.strip():
        raise GraphFileBroken(record="the file", field="content", reason="it is empty")
    try:
        return msgspec.json.decode(file.content, type=_Top)
    except msgspec.ValidationError as exc:
        raise GraphFileBroken(record="the file", field="top level", reason=UNKNOWN_SHAPE) from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise _malformed(exc, record="the file") from exc


def _decoded(raw: msgspec.Raw, kind: type[list[Row]], *, name: str) -> list[Row]:
    if raw == ABSENT:
        return []
    try:
        return msgspec.json.decode(raw, type=kind | None, strict=False) or []
    except msgspec.ValidationError as exc:
        raise _misfit(str(exc), raw, name=name) from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise _malformed(exc, record=name) from exc


def _misfit(message: str, raw: msgspec.Raw, *, name: str) -> GraphFileBroken:
    """Return the error for a value of the wrong type or size: msgspec says where in the list it stands."""
    match = PLACE.match(message)
    reason, index, path = (match["reason"], match["index"], match["path"]) if match else (message, None, None)
    missing = MISSING.match(reason)
    if missing:
        path, reason = ".".join(filter(None, (path, missing["field"]))), "it is missing"
    record = f"{name}[{index}]{_identity(raw, int(index))}" if index else name
    return GraphFileBroken(record=record, field=path or "value", reason=reason[:1].lower() + reason[1:])


def _identity(raw: msgspec.Raw, index: int) -> str:
    """Return how the record calls itself, to find it in the file."""
    try:
        row = msgspec.json.decode(msgspec.json.decode(raw, type=list[msgspec.Raw])[index])
    except (msgspec.DecodeError, IndexError):
        return ""
    for name in IDENTIFIERS:
        if isinstance(row, dict) and isinstance(row.get(name), str | int):
            return f" ({name} {storable(str(row[name])[:70])[0]})"
    return ""


def _malformed(exc: Exception, *, record: str) -> GraphFileBroken:
    text = str(exc)
    if "truncated" in text:
        return GraphFileBroken(record="its end", field="JSON", reason="the file is cut off")
    position = POSITION.search(text)
    where = f"byte {position[1]}" if position else record
    return GraphFileBroken(record=where, field="JSON", reason="it is not valid JSON")
