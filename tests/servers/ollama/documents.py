"""Write a document that obeys a JSON schema, with texts, numbers and references taken from the prompt.

Pure and deterministic. Does not support: patterns that no word of the prompt matches, `not`, `if`, `patternProperties`.
"""

import math
import re
from itertools import islice
from typing import Any

from tests.servers.ollama.gojson import Json
from tests.servers.ollama.prose import NOTHING_TO_SAY, asked, quotes, ranked

DEEPEST = 8  # below that only what is required, so that a recursive schema comes to an end
USUAL_ITEMS = 2
TITLE_WORDS = 7
MOST_DUPLICATES = 50  # tries for one more unique item

REFERENCE = re.compile(r"\[([A-Za-z]{0,12}[-_:.#]?\d{1,9})\]")
REFERENCE_NAME = re.compile(r"(^|_)(ids?|refs?|references?|evidence|citations?|cites|sources?)$", re.IGNORECASE)
TITLE_NAME = re.compile(r"(^|_)(title|name|label|heading)$", re.IGNORECASE)
UPPER_NAME = re.compile(r"(^|_)(high|max|maximum|upper|to)$", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:\.\d+)?(?![\w])")
WORD = re.compile(r"[^\s\"'()\[\]{}<>,;]+")

FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "email": "node@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
GUESSES = ("0", "1", "a", "A", "ab", "2026-01-02", "1x1x1", "000000x0000x0", "0" * 64, "02" + "0" * 64, "a-b", "a_b")


def document(schema: Json, prompt: str) -> Any:
    """Return a value that is valid under the schema, drawn from the prompt's own text."""
    return Author(schema, prompt).write(schema, name="", depth=0)


class Author:
    """Writes one document. Keeps its place in the prompt, so that no sentence is used twice in a row."""

    def __init__(self, root: Json, prompt: str) -> None:
        self._root = root
        found = ranked(quotes(prompt), question=asked(prompt))
        self._sentences = [quote.sentence for quote in found] or [NOTHING_TO_SAY]
        self._references: list[str] = list(dict.fromkeys(REFERENCE.findall(prompt)))
        self._numbers = sorted({float(number) for number in NUMBER.findall(prompt)})
        self._words: list[str] = list(dict.fromkeys(word.strip(".:!?") for word in WORD.findall(prompt)))
        self._turns: dict[str, int] = {}

    def write(self, schema: Any, *, name: str, depth: int) -> Any:
        """Return a value for one place; `name` is the property it stands under."""
        rules = self._resolved(schema, depth)
        if "const" in rules:
            return rules["const"]
        if "enum" in rules:
            return rules["enum"][self._turn(f"enum {name}") % len(rules["enum"])]
        return self._typed(_kind(rules), rules, name=name, depth=depth)

    def _typed(self, kind: str, rules: Json, *, name: str, depth: int) -> Any:
        if kind == "object":
            return self._object(rules, depth)
        if kind == "array":
            return self._array(rules, name=name, depth=depth)
        if kind in ("integer", "number"):
            return self._number(rules, name=name, whole=kind == "integer")
        if kind == "boolean":
            return self._turn(f"boolean {name}") % 2 == 0
        return None if kind == "null" else self._text(rules, name=name)

    def _resolved(self, schema: Any, depth: int) -> Json:
        """Return the schema without references, branches and unions."""
        if not isinstance(schema, dict):
            return {}  # `true` allows anything
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return self._resolved(_merged(self._referred(schema["$ref"]), rest), depth)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                rest = {key: value for key, value in schema.items() if key != union}
                return self._resolved(_merged(rest, self._branch(schema[union], depth)), depth)
        if "allOf" in schema:
            rules = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                rules = _merged(rules, self._resolved(part, depth))
            return self._resolved(rules, depth)
        return schema

    def _referred(self, pointer: str) -> Any:
        place: Any = self._root
        for step in pointer.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            place = place[key] if key else place
        return place

    def _branch(self, branches: list[Any], depth: int) -> Any:
        nothing = next((branch for branch in branches if branch == {"type": "null"}), None)
        return nothing if nothing and depth >= DEEPEST else branches[0]

    def _object(self, rules: Json, depth: int) -> Json:
        properties = rules.get("properties", {})
        required = rules.get("required", [])
        names = required if depth >= DEEPEST else list(dict.fromkeys([*properties, *required]))
        self._turn("number")
        return {name: self.write(properties.get(name, {}), name=name, depth=depth + 1) for name in names}

    def _array(self, rules: Json, *, name: str, depth: int) -> list[Any]:
        least, most = rules.get("minItems", 0), rules.get("maxItems", math.inf)
        wanted = int(min(most, max(least, 0 if depth >= DEEPEST else USUAL_ITEMS)))
        first = rules.get("prefixItems", [])
        others = rules.get("items", {})
        if others is False:
            wanted = min(wanted, len(first))
        if not rules.get("uniqueItems"):
            return [self._item(first, others, at, name=name, depth=depth) for at in range(wanted)]
        tries = (self._item(first, others, 0, name=name, depth=depth) for _ in range(wanted + MOST_DUPLICATES))
        return list(islice(_without_duplicates(tries), wanted))

    def _item(self, first: list[Any], others: Any, at: int, *, name: str, depth: int) -> Any:
        return self.write(first[at] if at < len(first) else others, name=name, depth=depth + 1)

    def _text(self, rules: Json, *, name: str) -> str:
        if "pattern" in rules:
            return self._matching(rules, name=name)
        if rules.get("format") in FORMATS:
            return FORMATS[str(rules["format"])]
        if self._references and REFERENCE_NAME.search(name):
            return self._sized(self._references[self._turn(f"reference {name}") % len(self._references)], rules)
        sentence = self._sentences[self._turn("sentence") % len(self._sentences)]
        if TITLE_NAME.search(name):
            sentence = " ".join(sentence.split()[:TITLE_WORDS]).rstrip(".,;:")
        return self._sized(sentence, rules)

    def _sized(self, text: str, rules: Json) -> str:
        least, most = rules.get("minLength", 0), rules.get("maxLength", len(text) + rules.get("minLength", 0))
        while len(text) < least:
            text = f"{text} {text or NOTHING_TO_SAY}"
        if len(text) <= most:
            return text
        whole_words = text[: most + 1].rpartition(" ")[0]
        return whole_words if len(whole_words) >= max(least, 1) else text[:most]

    def _matching(self, rules: Json, *, name: str) -> str:
        pattern = re.compile(rules["pattern"])
        least, most = rules.get("minLength", 0), rules.get("maxLength", math.inf)
        known = [*self._references, *self._words, *self._sentences, *GUESSES, *FORMATS.values()]
        fitting = [text for text in known if least <= len(text) <= most and pattern.search(text)]
        if not fitting:
            return self._sized(self._sentences[0], rules)
        return fitting[self._turn(f"pattern {name}") % len(fitting)]

    def _number(self, rules: Json, *, name: str, whole: bool) -> int | float:
        """Return a number of the prompt inside the bounds; `high` beside `low` in one object is never below it."""
        fitting = [number for number in self._numbers if _fits(number, rules, whole=whole)]
        numbers = fitting or [float(_smallest(rules, whole=whole))]
        at = self._turns.get("number", 0) % len(numbers) + bool(UPPER_NAME.search(name))
        if REFERENCE_NAME.search(name):
            at = self._turn(f"reference {name}") % len(numbers)
        number = numbers[min(at, len(numbers) - 1)]
        return int(number) if number.is_integer() else number

    def _turn(self, what: str) -> int:
        self._turns[what] = self._turns.get(what, -1) + 1
        return self._turns[what]


def _kind(rules: Json) -> str:
    kind = rules.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        hints = {"properties": "object", "items": "array", "prefixItems": "array", "minimum": "number"}
        kind = next((hinted for hint, hinted in hints.items() if hint in rules), "string")
    return str(kind)


def _merged(one: Any, other: Any) -> Json:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one if isinstance(one, dict) else other if isinstance(other, dict) else {}
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        both["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return both


def _without_duplicates(values: Any) -> Any:
    seen: list[Any] = []
    for value in values:
        if value not in seen:
            seen.append(value)
            yield value


def _fits(number: float, rules: Json, *, whole: bool) -> bool:
    step = rules.get("multipleOf")
    return (
        rules.get("minimum", -math.inf) <= number <= rules.get("maximum", math.inf)
        and rules.get("exclusiveMinimum", -math.inf) < number < rules.get("exclusiveMaximum", math.inf)
        and (number.is_integer() or not whole)
        and (not step or (number / step).is_integer())
    )


def _smallest(rules: Json, *, whole: bool) -> float:
    """Return a number inside the bounds, the lowest multiple above the lower bound where there is one."""
    step = rules.get("multipleOf") or (1 if whole else _narrow_step(rules))
    low = max(rules.get("minimum", -math.inf), rules.get("exclusiveMinimum", -math.inf))
    high = min(rules.get("maximum", math.inf), rules.get("exclusiveMaximum", math.inf))
    if low == -math.inf:
        start = 0.0 if high >= 0 else math.floor(high / step) * step
        return next(number for number in (start, start - step) if _fits(float(number), rules, whole=whole))
    start = math.ceil(low / step) * step
    return float(start if _fits(float(start), rules, whole=whole) else start + step)


def _narrow_step(rules: Json) -> float:
    low = max(rules.get("minimum", 0), rules.get("exclusiveMinimum", 0))
    high = min(rules.get("maximum", math.inf), rules.get("exclusiveMaximum", math.inf))
    return float(min(1.0, (high - low) / 4)) if high > low else 1.0
