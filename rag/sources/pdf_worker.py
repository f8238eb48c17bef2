"""Read one PDF from stdin and write its pages as JSON: a process of its own, so that no file can take more than this.

Run by `pdf.py`; knows no database, no network and no secret.
"""

import io
import json
import logging
import resource
import struct
import sys
import zlib
from typing import Any

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError

MOST_MEMORY_BYTES = 1 << 30
MOST_CPU_S = 60
MOST_PAGES = 2_000
MOST_CHARACTERS = 8_000_000  # of all pages
# What pypdf lets through when a file lies about itself.
FAULTS = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError,
    NotImplementedError, OSError, RecursionError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip


def read(content: bytes) -> dict[str, Any]:
    """Return `title`, `date` and `pages`, or `error`: encrypted, broken, too_many_pages, too_long."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": "encrypted"}
        if len(reader.pages) > MOST_PAGES:
            return {"error": "too_many_pages"}
        return _pages(reader)
    except FileNotDecryptedError:
        return {"error": "encrypted"}
    except FAULTS:
        return {"error": "broken"}


def _pages(reader: PdfReader) -> dict[str, Any]:
    pages: list[str] = []
    damaged = 0
    for page in reader.pages:
        try:
            pages.append(page.extract_text())
        except FAULTS:
            pages.append("")
            damaged += 1
        if sum(map(len, pages)) > MOST_CHARACTERS:
            return {"error": "too_long"}
    if damaged and damaged == len(pages):
        return {"error": "broken"}
    return {"pages": pages, "damaged": damaged, **_metadata(reader)}


def _metadata(reader: PdfReader) -> dict[str, str]:
    try:
        told = reader.metadata
        moment = told.modification_date or told.creation_date if told else None
        return {
            "title": str(told.title or "") if told else "",
            "date": moment.date().isoformat() if moment else "",
        }
    except FAULTS:
        return {"title": "", "date": ""}


def main() -> None:
    """Limit this process, then read."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps(read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
