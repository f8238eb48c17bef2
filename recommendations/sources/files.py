"""Open a graph file: plain, gzip or xz, told by its first bytes. Returns what it says, unpacked, within a limit."""

import gzip
import hashlib
import lzma
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recommendations.domain.errors import GraphFileBroken, GraphFileTooLarge

GZIP_MAGIC = b"\x1f\x8b"
XZ_MAGIC = b"\xfd7zXZ\x00"
UTF8_MARK = b"\xef\xbb\xbf"
OTHER_PACKINGS = {b"\x28\xb5\x2f\xfd": "zstandard", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
PIECE_BYTES = 1 << 20
# A pair of surrogates stays, a lone one is replaced; any other escape is stepped over as a whole.
SURROGATES = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The text of a file. `sha256` is of the unpacked bytes as they came."""

    content: bytes
    sha256: str
    replaced_characters: int


def unpack(path: Path, *, limit_bytes: int) -> Unpacked:
    """Return the content of a file.

    :raises GraphFileBroken: when it cannot be read or unpacked.
    :raises GraphFileTooLarge: when it unpacks to more than `limit_bytes`.
    """
    try:
        with path.open("rb") as stream:
            return unpack_stream(stream, limit_bytes=limit_bytes)
    except OSError as exc:
        reason = exc.strerror or "it cannot be read"
        raise GraphFileBroken(record="the file", field="path", reason=f"{path.name}: {reason}") from exc


def unpack_stream(stream: IO[bytes], *, limit_bytes: int) -> Unpacked:
    """Return the content of an open file.

    :raises GraphFileBroken: when it cannot be unpacked.
    :raises GraphFileTooLarge: when it unpacks to more than `limit_bytes`.
    """
    try:
        content = _read(_opened(stream), limit_bytes=limit_bytes)
    except EOFError as exc:
        raise GraphFileBroken(record="its end", field="compression", reason="the file is cut off") from exc
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile) as exc:
        raise GraphFileBroken(record="the file", field="compression", reason="it does not unpack") from exc
    return decodable(Unpacked(content.removeprefix(UTF8_MARK), hashlib.sha256(content).hexdigest(), 0))


def decodable(file: Unpacked) -> Unpacked:
    """Return the file with the escapes of lone surrogates, which no decoder takes, replaced and counted."""
    if not LONE_SURROGATE.search(file.content):
        return file
    content, lone = _without_lone_surrogates(file.content)
    return Unpacked(content, file.sha256, file.replaced_characters + lone)


def repaired(file: Unpacked) -> Unpacked:
    """Return the file with invalid UTF-8 replaced and counted."""
    text = file.content.decode(errors="replace")
    replaced = text.count("\ufffd") - file.content.count("\ufffd".encode())
    return Unpacked(text.encode(), file.sha256, file.replaced_characters + replaced)


def _without_lone_surrogates(content: bytes) -> tuple[bytes, int]:
    lone = 0

    def replacement(match: re.Match[bytes]) -> bytes:
        nonlocal lone
        if match[1] is None:
            return match[0]
        lone += 1
        return b"\\ufffd"

    return SURROGATES.sub(replacement, content), lone


def _opened(stream: IO[bytes]) -> IO[bytes]:
    magic = stream.read(len(XZ_MAGIC))
    stream.seek(0)
    for mark, name in OTHER_PACKINGS.items():
        if magic.startswith(mark):
            raise GraphFileBroken(record="the file", field="compression", reason=f"{name} is not read; use gzip or xz")
    if magic.startswith(GZIP_MAGIC):
        return gzip.open(stream)  # type: ignore[return-value]  # GzipFile reads like any binary stream
    return lzma.open(stream) if magic == XZ_MAGIC else stream


def _read(stream: IO[bytes], *, limit_bytes: int) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(PIECE_BYTES):
        size += len(piece)
        if size > limit_bytes:
            raise GraphFileTooLarge(limit_bytes=limit_bytes)
        pieces.append(piece)
    return b"".join(pieces)
