"""Read a PDF, page by page, in a process of its own with limits on memory, time and pages. No picture is read."""

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from rag.domain.documents import RawDocument
from rag.domain.errors import DocumentBroken, DocumentEmpty, DocumentEncrypted, DocumentInvalid, DocumentTooLarge
from rag.domain.language import language_of_document
from rag.domain.pages import pages_to_markdown
from rag.sources.kinds import Kind
from rag.sources.texts import to_date, web_address

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "rag.sources.pdf_worker")
TIMEOUT_S = 90.0  # by the clock; 60 s of the processor's time end it sooner
MOST_BYTES = 100 * 1024 * 1024
LEAST_CHARACTERS = 20  # of all pages: with fewer it is a scan, whatever its stamp says
FAULTS: dict[str, DocumentInvalid] = {
    "encrypted": DocumentEncrypted("The PDF asks for a password. Save it without one."),
    "too_many_pages": DocumentTooLarge("The PDF has more than 2,000 pages. Divide it."),
    "too_long": DocumentTooLarge("The PDF holds more than 8 million characters. Divide it."),
}
BROKEN = "The PDF is damaged, or too costly to read. Open it in a viewer and save it anew (print to PDF)."
SCAN = "The PDF shows pictures of pages but holds no text. Run text recognition (OCR) on it first."


def read_pdf(content: bytes, *, uid: str, origin: str = "", url: str = "") -> RawDocument:
    """Return a PDF as a document with a section per page, `p. 3`.

    :raises DocumentInvalid: when it is encrypted, damaged, too large, or holds no text.
    """
    if len(content) > MOST_BYTES:
        raise DocumentTooLarge(f"The PDF is larger than {MOST_BYTES >> 20} MB. Divide it.")
    told = _apart(content)
    if fault := told.get("error"):
        raise FAULTS.get(fault) or DocumentBroken(BROKEN)
    if sum(len(page.strip()) for page in told["pages"]) < LEAST_CHARACTERS:
        raise DocumentEmpty(SCAN)
    body = pages_to_markdown(told["pages"])
    return RawDocument(
        uid=uid,
        title=(" ".join(told["title"].split()) or PurePosixPath(uid).stem)[:300],
        content=body + "\n",
        lang=language_of_document(body),
        origin=origin,
        url=web_address(url),
        dated_at=to_date(told["date"], name="date"),
        media_type=Kind.PDF.value,
        flags=("damaged_pages",) if told["damaged"] else (),
    )


def _apart(content: bytes) -> dict[str, Any]:
    """Return what the reading process says; a process that was ended by its limits met a broken file, or a bomb."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell, nothing of the file among its arguments
            COMMAND, input=content, capture_output=True, timeout=TIMEOUT_S, cwd=ROOT, env={}, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as exc:
        raise DocumentBroken(BROKEN) from exc
    return told
