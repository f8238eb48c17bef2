"""Unpack archives in memory: limited in members, size and ratio; no member leaves it, none is followed or written."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

from rag.domain.errors import DocumentBroken, DocumentEncrypted, DocumentInvalid, DocumentTooLarge, FormatUnknown
from rag.sources.kinds import ARCHIVES, Kind, kind_by_name

MOST_MEMBERS = 20_000
MOST_BYTES = 512 * 1024 * 1024  # unpacked, all members
MOST_OF_ONE = 100 * 1024 * 1024
MOST_RATIO = 200  # unpacked to packed; texts reach 5 to 20
FREE_BYTES = 16 * 1024 * 1024  # unpacked, before the ratio counts: a small archive of equal lines is no bomb
BROKEN = "The archive is damaged. Pack it anew."
TOO_MUCH = f"The archive unpacks to more than {MOST_BYTES >> 20} MB, or far more than it holds. Divide it."
OFFICE = ("[Content_Types].xml", "mimetype")
FAULTS = (
    tarfile.TarError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError,
    OSError, ValueError, RuntimeError, NotImplementedError, UnicodeError, LookupError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; its content, or why there is none."""

    name: str
    content: bytes = b""
    fault: DocumentInvalid | None = None


def members(content: bytes, *, kind: Kind) -> Iterator[Member]:
    """Yield the files of an archive that a reader takes, one at a time; other files are passed over.

    :raises DocumentInvalid: when the archive is damaged, encrypted or a bomb; what was yielded before stands.
    """
    budget = _Budget(len(content))
    try:
        yield from (_of_zip if kind is Kind.ZIP else _of_tar)(content, budget)
    except FAULTS as exc:
        raise DocumentBroken(BROKEN) from exc


def safe_name(name: str) -> str | None:
    """Return a member's name as a plain path below the archive, or None when it wants to be elsewhere or is hidden."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return None
    kept = [part for part in parts if part not in ("", ".")]
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in kept)
    return None if is_hidden or not kept else "/".join(kept)


class _Budget:
    """Counts what was unpacked. Announced sizes are not believed."""

    def __init__(self, packed_bytes: int) -> None:
        self._most = min(MOST_BYTES, max(packed_bytes * MOST_RATIO, FREE_BYTES))
        self._unpacked = self._members = 0

    def count(self) -> None:
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise DocumentTooLarge(f"The archive has more than {MOST_MEMBERS} members. Divide it.")

    def read(self, stream: IO[bytes], *, most: int = MOST_OF_ONE) -> bytes:
        """Return the whole of `stream`.

        :raises DocumentTooLarge: when it, or all together, is too much.
        """
        room = min(most, self._most - self._unpacked)
        content = stream.read(room + 1)
        self._unpacked += len(content)
        if len(content) > room:
            raise DocumentTooLarge(TOO_MUCH)
        return content


def _of_zip(content: bytes, budget: _Budget) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        if infos and infos[0].filename in OFFICE:
            raise FormatUnknown("This is an office document. Save it as PDF, or as text.")
        for info in infos:
            budget.count()
            if not info.is_dir():
                yield from _member(info.filename, partial(_opened, archive, info), budget)


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    if info.flag_bits & 1:
        raise DocumentEncrypted("It asks for a password. Pack it without one.")
    return archive.open(info)


def _of_tar(content: bytes, budget: _Budget) -> Iterator[Member]:
    plain = _unpacked(content, budget)
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for info in archive:
            budget.count()
            if not info.isfile():  # links and devices lead out, or nowhere
                continue
            yield from _member(info.name, partial(_extracted, archive, info), _Budget(len(plain)))


def _extracted(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    return archive.extractfile(info) or io.BytesIO()


def _unpacked(content: bytes, budget: _Budget) -> bytes:
    """Return the plain tar in a compressed one."""
    packed = io.BytesIO(content)
    opener = OPENERS.get(content[:2])
    if opener is None:
        return content
    with opener(packed) as stream:
        return budget.read(stream, most=MOST_BYTES)


def _gzip(packed: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(gzip.GzipFile(fileobj=packed))


def _bzip2(packed: IO[bytes]) -> IO[bytes]:
    return bz2.BZ2File(packed)


def _xz(packed: IO[bytes]) -> IO[bytes]:
    return lzma.LZMAFile(packed)


OPENERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {b"\x1f\x8b": _gzip, b"BZ": _bzip2, b"\xfd7": _xz}


def _member(name: str, opened: Callable[[], IO[bytes]], budget: _Budget) -> Iterator[Member]:
    """Yield the member, when it is a file for a reader and its name stays below the archive."""
    kind = kind_by_name(name)
    if kind is None:
        return
    safe = safe_name(name)
    if safe is None:
        return
    if kind in ARCHIVES:
        fault = FormatUnknown("An archive within an archive is not unpacked. Hand it in by itself.")
        yield Member(safe, fault=fault)
        return
    try:
        with opened() as stream:
            content = budget.read(stream)
    except DocumentEncrypted as exc:
        yield Member(safe, fault=exc)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError):
        yield Member(safe, fault=DocumentBroken("It is damaged within its archive. Pack it anew."))
    else:
        yield Member(safe, content)
