"""Read the finished objects of one array out of a JSON text that is still being written. Pure.

A schema-constrained answer arrives token by token; each recommendation can be checked and shown as soon as its closing
brace is there, long before the whole document parses.
"""

import json
from dataclasses import dataclass, field
from typing import Any

LONGEST_ANSWER = 400_000  # characters; a model that writes more is looping


@dataclass(slots=True)
class ItemScanner:
    """Feed pieces of text; get back each complete object of the array named `key`, once, in order."""

    key: str
    text: str = ""
    _position: int = 0
    _array_depth: int | None = None
    _depth: int = 0
    _item_start: int | None = None
    _in_string: bool = False
    _is_escaped: bool = False
    _string_start: int = 0
    _latest_string: str = ""
    _is_over: bool = field(default=False)

    def feed(self, piece: str) -> tuple[dict[str, Any], ...]:
        """Return the items completed by `piece`; broken ones are skipped, the whole text is checked at the end.

        :raises ValueError: when the text outgrows LONGEST_ANSWER.
        """
        self.text += piece
        if len(self.text) > LONGEST_ANSWER:
            raise ValueError("the answer is longer than any valid answer")
        found = []
        while self._position < len(self.text):
            item = self._step(self.text[self._position])
            self._position += 1
            if item is not None:
                found.append(item)
        return tuple(found)

    def _step(self, sign: str) -> dict[str, Any] | None:
        if self._in_string:
            self._inside_string(sign)
            return None
        if sign == '"':
            self._in_string, self._string_start = True, self._position + 1
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
            self._latest_string = self.text[self._string_start : self._position]

    def _open(self, sign: str) -> None:
        self._depth += 1
        if sign == "[" and self._array_depth is None and not self._is_over and self._latest_string == self.key:
            self._array_depth = self._depth
        elif sign == "{" and self._array_depth is not None and self._depth == self._array_depth + 1:
            self._item_start = self._position

    def _close(self, sign: str) -> dict[str, Any] | None:
        self._depth -= 1
        if self._array_depth is None:
            return None
        if sign == "]" and self._depth == self._array_depth - 1:
            self._array_depth, self._is_over = None, True
            return None
        if sign == "}" and self._depth == self._array_depth and self._item_start is not None:
            start, self._item_start = self._item_start, None
            return _parsed(self.text[start : self._position + 1])
        return None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
