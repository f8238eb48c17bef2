"""Name an embedding space, and refuse vectors that do not belong in one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models_registry.domain.errors import AnswerInvalid, ModelError

Vectors = NDArray[np.float32]
NORM_TOLERANCE = 0.01  # hosts send six digits; a legacy, unnormalized vector is off by far more


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """What makes vectors comparable. Vectors of two spaces never meet in one ranking."""

    model: str
    digest: str
    dimension: int
    prefix_scheme: str
    version: str

    @property
    def slug(self) -> str:
        """Return a name that changes when anything about the space changes; fits a slug field."""
        return f"{self.model.lower()}-{self.dimension}-{self.prefix_scheme}-{self.version}-{self.digest[:12]}"


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A host's model by its full tag, with the digest that its vectors were made by; None: not known yet."""

    tag: str
    digest: str | None = None
    dimension: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """One unit-length row per text, in order. `prompt_tokens` is None when the host did not count."""

    vectors: Vectors
    prompt_tokens: int | None
    model: str


@dataclass(frozen=True, slots=True)
class RefusedText:
    """A text that no vector came back for, also when it was sent alone. `place` is its index among the texts."""

    place: int
    error: ModelError

    @property
    def reason(self) -> str:
        return str(self.error)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingReport:
    """What became of many texts: row `n` of `vectors` belongs to text `places[n]`; no vector is made up for the rest.

    `prompt_tokens` is None when a host did not count all of them.
    """

    vectors: Vectors
    places: tuple[int, ...]
    refused: tuple[RefusedText, ...]
    prompt_tokens: int | None
    model: str


def checked_vectors(
    rows: Sequence[Sequence[float]], *, count: int, dimension: int | None = None, scale: bool = False
) -> Vectors:
    """Return the rows as float32, one unit-length vector per text.

    `scale` brings vectors of any length to unit length, for hosts that do not promise it.

    :raises AnswerInvalid: when count, width, finiteness or length is wrong; nothing of it may be stored.
    """
    if len(rows) != count:
        raise AnswerInvalid(f"{len(rows)} vectors came back for {count} texts.")
    if not rows:
        return np.empty((0, dimension or 0), dtype=np.float32)
    width = dimension or len(rows[0])
    if width == 0 or any(len(row) != width for row in rows):
        raise AnswerInvalid(f"A vector is not {width} wide.")
    with np.errstate(over="ignore"):  # a huge number becomes infinite, and is refused as such
        vectors = np.asarray(rows, dtype=np.float32)
        if not np.isfinite(vectors).all():
            raise AnswerInvalid("A vector holds a value that is not a finite number.")
        return _of_unit_length(vectors, scale=scale)


def _of_unit_length(vectors: Vectors, *, scale: bool) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if scale and np.isfinite(lengths).all() and (lengths > 0).all():
        scaled: Vectors = vectors / lengths
        return scaled
    if (np.abs(lengths - 1.0) > NORM_TOLERANCE).any():
        raise AnswerInvalid("A vector is not of unit length.")
    return vectors
