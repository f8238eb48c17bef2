"""Files on their way in: cut off where they are too large, read one at a time. What is in them is judged later."""

from collections.abc import Sequence
from typing import overload

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from rag.domain.hygiene import strip_invisible

MOST_FILES = 50  # in one request
MOST_FILE_BYTES = 20 * 1024 * 1024
MOST_BYTES = 200 * 1024 * 1024  # of all files of one request
LONGEST_NAME = 200  # characters
NamedBytes = tuple[str, str, bytes]


class SizeCap(FileUploadHandler):
    """Drops each file once it is larger than allowed, and every one after the request is. Larger ones go to disk."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.too_large: list[str] = []
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the bytes on.

        :raises SkipFile: when they are too many; the file's name is kept in `too_large`.
        """
        self._received += len(raw_data)
        if start + len(raw_data) > MOST_FILE_BYTES or self._received > MOST_BYTES:
            self.too_large.append(shown_name(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this one."""


class HandedIn(Sequence[NamedBytes]):
    """Uploaded files as (name, media type, bytes); each is read when it is asked for, so one is in memory at a time."""

    def __init__(self, files: "Sequence[UploadedFile[bytes]]") -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, place: int) -> NamedBytes: ...
    @overload
    def __getitem__(self, place: slice) -> "HandedIn": ...
    def __getitem__(self, place: int | slice) -> "NamedBytes | HandedIn":
        if isinstance(place, slice):
            return HandedIn(self._files[place])
        file = self._files[place]
        file.seek(0)
        return shown_name(file.name), (file.content_type or "")[:80], file.read()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(shown_name(file.name) for file in self._files)


def capped(request: HttpRequest) -> SizeCap:
    """Limit what this request may hand in; before anything reads its body."""
    cap = SizeCap(request)
    request.upload_handlers.insert(0, cap)
    return cap


def shown_name(name: str | None) -> str:
    """Return a file's name, a stranger's text, without folders and signs that nobody sees."""
    plain = " ".join(strip_invisible((name or "").replace("\\", "/").rsplit("/", 1)[-1]).split())
    if len(plain) <= LONGEST_NAME:
        return plain or "file"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: LONGEST_NAME - 12]}{dot}{ending[:11]}" if dot else plain[:LONGEST_NAME]


def too_large_words(names: Sequence[str]) -> str:
    """Return what is said of files that were dropped, and what to do."""
    most, listed = MOST_FILE_BYTES // 1024 // 1024, ", ".join(names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        f"Too large, and left out: {listed}{more}. A file may have {most} MB, all files of one upload "
        f"{MOST_BYTES // 1024 // 1024} MB. Divide it, or hand in its text alone."
    )
