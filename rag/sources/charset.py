"""Turn bytes into text: by their mark, as UTF-8, as declared, else by the best guess. Never fails."""

import codecs
import re

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE_BYTES = 20_000  # of what is guessed: the rest is written as the beginning is
NEARLY = 0.002  # share of damaged signs up to which a text is UTF-8 all the same
WESTERN = re.compile(r"[àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆáíóúñãõåøßÁÍÓÚÑ«»‘’“”–—…•€£°²³µ§·©®\xa0]")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def decode(content: bytes, *, declared: str = "") -> str:
    """Return `content` as text with Unix line ends; what no charset explains becomes U+FFFD."""
    return _decode(content, declared).replace("\r\n", "\n").replace("\r", "\n")


def is_text(content: bytes) -> bool:
    """Tell whether the beginning of `content` is text in some charset, rather than a picture or a program."""
    head = content[:4096]
    if _marked(head) or _wide(head):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head)
    return b"\x00" not in head and controls <= len(head) * 0.02


def _decode(content: bytes, declared: str) -> str:
    if marked := _marked(content):
        mark, charset = marked
        return content[len(mark) :].decode(charset, errors="replace")
    if wide := _wide(content):
        return content.decode(wide, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _declared(content, declared) or _guessed(content)


def _marked(content: bytes) -> tuple[bytes, str] | None:
    return next(((mark, charset) for mark, charset in MARKS if content.startswith(mark)), None)


def _wide(content: bytes) -> str:
    """Return the UTF-16 that text without a mark is written in, told by its zeros, or nothing."""
    head = content[:2000]
    pairs = len(head) // 2
    if pairs < 4 or b"\x00" not in head:
        return ""
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > pairs * 0.6 and even < pairs * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > pairs * 0.6 and odd < pairs * 0.05 else ""


def _declared(content: bytes, declared: str) -> str:
    try:
        return content.decode(codecs.lookup(declared.strip()).name) if declared.strip() else ""
    except (LookupError, UnicodeError, ValueError):
        return ""


def _guessed(content: bytes) -> str:
    nearly = content.decode("utf-8", errors="replace")
    beyond = len(BEYOND_ASCII.findall(nearly))
    if nearly.count("\ufffd") <= max(len(nearly) * NEARLY, beyond * 0.2):
        return nearly
    western = content.decode("cp1252", errors="replace")
    signs = BEYOND_ASCII.findall(western)
    if len(WESTERN.findall(western)) >= len(signs) * 0.9:
        return western
    best = from_bytes(content[:SAMPLE_BYTES]).best()
    return content.decode(best.encoding if best else "latin-1", errors="replace")
