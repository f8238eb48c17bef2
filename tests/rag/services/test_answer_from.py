"""A model answers from passages that a program hands it: only what it was told can be cited."""

from typing import Any

import pytest

from rag.models import Source
from rag.services.answer_from import Wish, answer_from, given_passages
from tests.rag.conftest import ollama_host
from tests.servers.ollama import OllamaServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tidy")]
QUESTION = "What is the default base fee?"
SHORT = ("Fees", "The base fee is 1,000 msat by default.")
LONG = ("History", "The base fee was set long ago, and nobody remembers why. " * 2000)


@pytest.fixture
def said(library: Source, ollama: OllamaServer) -> Any:
    ollama_host(ollama.url)
    ollama.respond_with(lambda *_: "The base fee is 1,000 msat [1]. Nobody remembers why [2].")
    return ollama


def test_what_stood_in_the_prompt_is_cited(said: OllamaServer) -> None:
    result = answer_from(Wish(given_passages(QUESTION, [SHORT, ("More", "Nobody remembers why.")]), unit="u"))

    assert [one.number for one in result.citations] == [1, 2]
    assert [one["is_read"] for one in result.passages] == [True, True]


def test_a_passage_that_did_not_fit_cannot_be_cited(said: OllamaServer) -> None:
    result = answer_from(Wish(given_passages(QUESTION, [SHORT, LONG]), unit="u"))

    assert [one.number for one in result.citations] == [1]
    assert "[2]" not in result.text
    assert [one["is_read"] for one in result.passages] == [True, False]
