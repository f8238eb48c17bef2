"""Read settled forwards from a CSV, whoever wrote it: columns are found by what they are called, more are welcome.

LND's field names, those of its web interfaces, and those of the JavaScript tools (tokens, mtokens) are known.
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from recommendations.domain.readings import ForwardReading
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources.ids import moment, scid_of

COLUMNS: Mapping[str, tuple[str, ...]] = {  # spelled without case, spaces and signs
    "at_ns": ("timestampns",),
    "at": ("timestamp", "createdat", "resolvedtime", "resolvedat", "forwarddate", "datetime", "date", "time", "at"),
    "incoming": ("chanidin", "inchannel", "incomingchannel", "incomingscid", "channelin", "scidin", "chanin"),
    "outgoing": ("chanidout", "outchannel", "outgoingchannel", "outgoingscid", "channelout", "scidout", "chanout"),
    "in_msat": ("amtinmsat", "inmsat", "amountinmsat", "incomingamountmsat"),
    "in_sat": ("amtin", "amountin", "amtinsat", "amountinsat"),
    "out_msat": ("amtoutmsat", "outmsat", "amountoutmsat", "outgoingamountmsat", "mtokens"),
    "out_sat": ("amtout", "amountout", "amtoutsat", "amountoutsat", "tokens"),
    "fee_msat": ("feemsat", "feemtokens"),
    "fee_sat": ("fee", "feesat"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("at_ns", "at"),
    "chan_id_in": ("incoming",),
    "chan_id_out": ("outgoing",),
    "amt_out": ("out_msat", "out_sat"),
    "fee": ("fee_msat", "fee_sat"),
}
TIMES = ("%d/%b/%Y %H:%M", "%d/%b/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M")
SIGNS = re.compile(r"[^a-z0-9]")
DELIMITERS = (",", ";", "\t")
NANO = 1_000_000_000
SECONDS_UNTIL = 100_000_000_000  # greater than this, a number counts milliseconds
LARGEST = 2**63 - 1


def forwards(text: str) -> tuple[ForwardReading, ...]:
    """Return the forwards of a CSV. A time without a zone is UTC.

    :raises SourceBroken: naming the line and the column.
    """
    first, _, _ = text.partition("\n")
    rows = csv.reader(io.StringIO(text), delimiter=max(DELIMITERS, key=first.count))
    try:
        places = _places(next(rows, []))
        # Lines count as an editor shows them, even where a quoted field holds one.
        return tuple([_forward(row, places, record=f"line {rows.line_num}") for row in rows if any(row)])
    except csv.Error as exc:
        raise SourceBroken(record=f"line {rows.line_num}", field="CSV", reason="it is not valid CSV") from exc


def _places(header: list[str]) -> Mapping[str, int]:
    """Return where each column stands.

    :raises SourceBroken: when one that is needed is missing.
    """
    spelled = {SIGNS.sub("", name.lower()): number for number, name in enumerate(header)}
    places = {
        column: spelled[found]
        for column, names in COLUMNS.items()
        if (found := next((name for name in names if name in spelled), None)) is not None
    }
    for field, columns in NEEDED.items():
        if not any(column in places for column in columns):
            raise SourceBroken(record="the header", field=field, reason="no column is called so, or alike")
    return places


def _forward(row: list[str], places: Mapping[str, int], *, record: str) -> ForwardReading:
    line = _Line(row, places, record=record)
    out_msat, fee_msat = line.needed_msat("out"), line.needed_msat("fee")
    in_msat = line.msat("in")
    return ForwardReading(
        at=line.at(),
        incoming_scid=scid_of(line.text("incoming"), record=record, field="chan_id_in"),
        outgoing_scid=scid_of(line.text("outgoing"), record=record, field="chan_id_out"),
        amount_in_msat=out_msat + fee_msat if in_msat is None else in_msat,
        amount_out_msat=out_msat,
        fee_msat=fee_msat,
    )


class _Line:
    """One line, by the names of its columns."""

    def __init__(self, row: list[str], places: Mapping[str, int], *, record: str) -> None:
        self._row = row
        self._places = places
        self._record = record

    def text(self, column: str) -> str:
        """Return what stands there; "" where the line is shorter or has no such column."""
        place = self._places.get(column)
        return self._row[place].strip() if place is not None and place < len(self._row) else ""

    def msat(self, name: str) -> int | None:
        """Return an amount, from the column in msat or the one in sat; None where neither tells."""
        for column, factor in ((f"{name}_msat", 1), (f"{name}_sat", 1000)):
            text = self.text(column)
            if text:
                return self._whole(text, column) * factor
        return None

    def needed_msat(self, name: str) -> int:
        """Return an amount.

        :raises SourceBroken: when there is none.
        """
        amount = self.msat(name)
        if amount is None:
            raise SourceBroken(record=self._record, field=name, reason="it is missing")
        return amount

    def at(self) -> datetime:
        """Return the moment of the forward.

        :raises SourceBroken: when it is none.
        """
        if text := self.text("at_ns"):
            return moment(self._whole(text, "timestamp_ns") / NANO, record=self._record, field="timestamp_ns")
        text = self.text("at")
        if text.isascii() and text.replace(".", "", 1).isdigit():
            number = float(text)
            seconds = number / 1000 if number > SECONDS_UNTIL else number
            return moment(seconds, record=self._record, field="timestamp")
        found = _written(text)
        if found is None:
            raise SourceBroken(record=self._record, field="timestamp", reason="it is not a time that is known")
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _whole(self, text: str, field: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) > LARGEST:
            raise SourceBroken(record=self._record, field=field, reason="it is not a whole number of 0 or more")
        return int(text)


def _written(text: str) -> datetime | None:
    """Return a time that is written out, in one of the ways that are known."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # the caller adds UTC
        except ValueError:
            continue
    return None
