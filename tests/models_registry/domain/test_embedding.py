"""Vectors are refused before they can spoil a ranking."""

import numpy as np
import pytest

from models_registry.domain.embedding import EmbeddingSpace, checked_vectors
from models_registry.domain.errors import AnswerInvalid


@pytest.mark.parametrize(
    ("rows", "count", "dimension"),
    [
        ([[1.0, 0.0]], 2, None),
        ([[1.0, 0.0]], 1, 3),
        ([[1.0, 0.0], [1.0]], 2, None),
        ([[]], 1, None),
        ([[float("nan"), 0.0]], 1, 2),
        ([[float("inf"), 0.0]], 1, 2),
        ([[3.0, 4.0]], 1, 2),
        ([[0.0, 0.0]], 1, 2),
        ([], 1, None),
    ],
)
def test_a_wrong_batch_is_refused_as_a_whole(rows, count, dimension):
    with pytest.raises(AnswerInvalid):
        checked_vectors(rows, count=count, dimension=dimension)


def test_unit_vectors_pass_in_order():
    vectors = checked_vectors([[1, 0], [0.6, 0.8]], count=2, dimension=2)

    assert vectors.dtype == np.float32
    assert np.allclose(vectors, np.array([[1, 0], [0.6, 0.8]]))


def test_no_texts_are_no_vectors():
    assert checked_vectors([], count=0, dimension=384).shape == (0, 384)


def test_every_part_of_a_space_is_in_its_slug():
    one = EmbeddingSpace("M", "ab" * 32, 384, "none", "1")
    others = [
        EmbeddingSpace("N", "ab" * 32, 384, "none", "1"),
        EmbeddingSpace("M", "cd" * 32, 384, "none", "1"),
        EmbeddingSpace("M", "ab" * 32, 768, "none", "1"),
        EmbeddingSpace("M", "ab" * 32, 384, "nomic", "1"),
        EmbeddingSpace("M", "ab" * 32, 384, "none", "2"),
    ]

    assert len({space.slug for space in (one, *others)}) == 6
    assert len(one.slug) <= 120


@pytest.mark.parametrize("row", [[3.0, 4.0], [0.6, 0.8], [1e-3, 0.0]])
def test_a_host_that_promises_no_length_has_its_vectors_scaled(row):
    (vector,) = checked_vectors([row], count=1, scale=True)

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("row", [[0.0, 0.0], [1e300, 0.0], [float("nan"), 1.0]])
def test_a_vector_without_a_direction_cannot_be_scaled(row):
    with pytest.raises(AnswerInvalid):
        checked_vectors([row], count=1, scale=True)
