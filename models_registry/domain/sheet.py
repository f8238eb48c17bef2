"""Write values as cells of a sheet: a file that a spreadsheet opens without running anything in it. Pure."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> object:
    """Return what stands in the cell: nothing for None, ISO times, lists and objects as JSON, text without formulas."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Return the rows as comma-separated lines in UTF-8."""
    text = StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()
