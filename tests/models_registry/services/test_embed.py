"""Vectors of the one space in use."""

import numpy as np
import pytest

from models_registry.services import embed


@pytest.fixture(autouse=True)
def own_cache(settings, tmp_path_factory):
    settings.MODEL_CACHE_DIR = tmp_path_factory.getbasetemp() / "embed-models"
    embed._embedder.cache_clear()
    embed._embedded_question.cache_clear()
    yield
    embed._embedder.cache_clear()
    embed._embedded_question.cache_clear()


def test_the_space_is_the_built_in_one():
    space = embed.embedding_space()

    assert (space.model, space.dimension, space.prefix_scheme) == ("all-MiniLM-L6-v2", 384, "none")
    assert len(space.slug) <= 120


def test_passages_and_questions_are_of_one_space():
    passages = embed.embed_passages(["raise the channel fee", "it rains"])
    question = embed.embed_question("  increase the fee of a channel ")

    assert passages.shape == (2, 384)
    assert question.shape == (384,)
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert question @ passages[0] > question @ passages[1]


def test_a_repeated_question_is_embedded_once_and_cannot_be_spoiled():
    first = embed.embed_question("fees?")

    assert embed.embed_question("fees? ") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0
