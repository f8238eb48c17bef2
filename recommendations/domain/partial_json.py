"""Read the finished objects of one array out of a JSON text that is still being written. Pure.

A schema-constrained answer arrives token by token; each recommendation can be checked and shown as soon as its closing
brace is there, long before the whole document parses.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_IN_TEXT, _BETWEEN = re.compile(r'["\\]'), re.compile(r'["{}\[\]]')
LONGEST_ANSWER = 400_000  # characters; a model that writes more is looping


@dataclass(slots=True)
class ItemScanner:
    """Feed pieces of text; get back each complete object of the array named `key`, once, in order.

    Each sign is looked at once and nothing is copied twice, so that a looping model costs no more than its length.
    """

    key: str
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _array_depth: int | None = None
    _depth: int = 0
    _item: list[str] | None = None  # the pieces of the object being read
    _in_string: bool = False
    _is_escaped: bool = False
    _string: str = ""  # the latest string, as far as it can be a name
    _is_over: bool = False

    @property
    def text(self) -> str:
        """Everything fed so far."""
        return "".join(self._pieces)

    def feed(self, piece: str) -> tuple[dict[str, Any], ...]:
        """Return the items completed by `piece`; broken ones are skipped, the whole text is checked at the end.

        :raises ValueError: when the text outgrows LONGEST_ANSWER.
        """
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > LONGEST_ANSWER:
            raise ValueError("the answer is longer than any valid answer")
        found, start = [], 0
        while (place := self._next_mark(piece, start)) is not None:
            self._keep(piece[start : place + 1])
            item = self._step(piece[place])
            start = place + 1
            if item is not None:
                found.append(item)
        self._keep(piece[start:])
        return tuple(found)

    def _next_mark(self, piece: str, start: int) -> int | None:
        """Return where the next sign stands that means something here; what lies between is skipped."""
        if self._is_escaped:
            return start if start < len(piece) else None
        mark = (_IN_TEXT if self._in_string else _BETWEEN).search(piece, start)
        return None if mark is None else mark.start()

    def _keep(self, part: str) -> None:
        if self._item is not None:
            self._item.append(part)
        if self._in_string and len(self._string) <= len(self.key) + 1:
            self._string += part[: len(self.key) + 2]

    def _step(self, sign: str) -> dict[str, Any] | None:
        if self._in_string:
            self._inside_string(sign)
            return None
        if sign == '"':
            self._in_string, self._string = True, ""
        elif sign in "{[":
            self._open(sign)
        elif sign in "}]":
            return self._close(sign)
        return None

    def _inside_string(self, sign: str) -> None:
        if self._is_escaped:
            self._is_escaped = False
        elif sign == "\\":
            self._is_escaped = True
        elif sign == '"':
            self._in_string = False

    def _open(self, sign: str) -> None:
        self._depth += 1
        is_named = self._string == f'{self.key}"'
        if sign == "[" and self._array_depth is None and not self._is_over and is_named:
            self._array_depth = self._depth
        elif sign == "{" and self._array_depth is not None and self._depth == self._array_depth + 1:
            self._item = ["{"]

    def _close(self, sign: str) -> dict[str, Any] | None:
        self._depth -= 1
        if self._array_depth is None:
            return None
        if sign == "]" and self._depth == self._array_depth - 1:
            self._array_depth, self._is_over = None, True
            return None
        if sign == "}" and self._depth == self._array_depth and self._item is not None:
            item, self._item = self._item, None
            return _parsed("".join(item))
        return None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # nested deeper than anything meant
        return None
    return value if isinstance(value, dict) else None
