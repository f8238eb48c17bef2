"""Hash texts into vectors: the same text gives the same vector, texts that share words lie close. Pure."""

import math
import re
from collections import Counter
from zlib import crc32

WORD = re.compile(r"\w+")
TASK_PREFIX = re.compile(r"^(search_query|search_document|classification|clustering): ?")
WORD_WEIGHT = 3.0  # a whole word says more than three letters of it
DIGITS = 8  # a float32 carries no more

Vector = list[float]


def unit_vector(text: str, *, width: int) -> Vector:
    """Return the vector of a text with length 1."""
    return normalized(raw_vector(text, width=width))


def raw_vector(text: str, *, width: int) -> Vector:
    """Return the vector of a text as the legacy route gives it: its length grows with the text."""
    vector = [0.0] * width
    for feature, weight in _features(text).items():
        spot = crc32(feature.encode("utf-8", "replace"))
        vector[spot % width] += weight if spot & 0x8000_0000 else -weight
    if not any(vector):
        vector[0] = 1.0
    return vector


def normalized(vector: Vector) -> Vector:
    """Return the vector scaled to length 1, as numbers a float32 could hold."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [float(f"{value / length:.{DIGITS}g}") if value else 0.0 for value in vector]


def shortened(vector: Vector, dimensions: int) -> Vector:
    """Return the first dimensions, at length 1 again (Matryoshka); 0 means all."""
    return normalized(vector[:dimensions]) if 0 < dimensions < len(vector) else vector


def _features(text: str) -> dict[str, float]:
    """Return weighted words and three-letter pieces. A task prefix counts once, whatever the text's length."""
    prefix = TASK_PREFIX.match(text)
    words = WORD.findall(TASK_PREFIX.sub("", text).lower())
    padded = " ".join(["", *words, ""])
    pieces = Counter(f"~{padded[at : at + 3]}" for at in range(len(padded) - 2))
    weights = {feature: math.sqrt(count) for feature, count in pieces.items()}
    weights |= {word: WORD_WEIGHT * math.sqrt(count) for word, count in Counter(words).items()}
    return weights | ({f"task {prefix[1]}": 1.0} if prefix else {})
