"""Write JSON, timestamps and durations the way Go does. Pure."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

NS_PER_S = 1_000_000_000
FOREVER_S = (2**63 - 1) / NS_PER_S  # Go's largest Duration, about 292 years

# encoding/json escapes these so that JSON may stand inside HTML and JavaScript; U+0085 goes out raw.
GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

DURATION_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


# Building an encoder per line would cost as much as the line.
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(value: object) -> bytes:
    """Return compact JSON as Go's encoder writes it, without the newline.

    :raises ValueError: for NaN and infinities, which Go cannot marshal either.
    """
    text = ENCODER.encode(value)
    for character, escape in GO_ESCAPES.items():
        text = text.replace(character, escape)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate: Go writes U+FFFD
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def without_zeros(fields: Mapping[str, Any]) -> Json:
    """Return the fields as `omitempty` leaves them: zeros, empty texts, empty lists and None are absent."""
    return {name: value for name, value in fields.items() if value not in (0, "", None, (), [])}


def timestamp(at_ns: int) -> str:
    """Return RFC 3339 in UTC with 0 to 9 fraction digits: Go cuts trailing zeros."""
    seconds, fraction = divmod(at_ns, NS_PER_S)
    digits = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{_second(seconds)}{digits}Z"


@lru_cache(maxsize=4)  # thousands of lines share their second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")


def duration_s(value: object) -> float:
    """Return a `keep_alive` in seconds; negative means FOREVER_S.

    :raises ValueError: with Go's text when the value is no duration.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"Unsupported type: '{type(value).__name__}'")
    seconds = _parsed_s(value) if isinstance(value, str) else float(value)
    return FOREVER_S if seconds < 0 or math.isinf(seconds) else seconds


def _parsed_s(text: str) -> float:
    unsigned = text.removeprefix("-").removeprefix("+")
    if unsigned == "0":
        return 0.0
    parts = DURATION_PART.findall(unsigned)
    if not parts or "".join(number + unit for number, unit in parts) != unsigned:
        missing = "missing unit in duration" if unsigned.replace(".", "").isdigit() else "invalid duration"
        raise ValueError(f'time: {missing} "{text}"')
    seconds = sum(float(number) * DURATION_UNITS_S[unit] for number, unit in parts)
    return -seconds if text.startswith("-") else seconds
