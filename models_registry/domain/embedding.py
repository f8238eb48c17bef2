"""Name an embedding space, and refuse vectors that do not belong in one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models_registry.domain.errors import AnswerInvalid

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


def checked_vectors(rows: Sequence[Sequence[float]], *, count: int, dimension: int | None = None) -> Vectors:
    """Return the rows as float32, one unit-length vector per text.

    :raises AnswerInvalid: when count, width, finiteness or length is wrong; nothing of it may be stored.
    """
    if len(rows) != count:
        raise AnswerInvalid(f"{len(rows)} vectors came back for {count} texts.")
    if not rows:
        return np.empty((0, dimension or 0), dtype=np.float32)
    width = dimension or len(rows[0])
    if width == 0 or any(len(row) != width for row in rows):
        raise AnswerInvalid(f"A vector is not {width} wide.")
    vectors = np.asarray(rows, dtype=np.float32)
    if not np.isfinite(vectors).all():
        raise AnswerInvalid("A vector holds a value that is not a finite number.")
    if (np.abs(np.linalg.norm(vectors, axis=1) - 1.0) > NORM_TOLERANCE).any():
        raise AnswerInvalid("A vector is not of unit length.")
    return vectors
