"""Pytest fixtures around the stand-in servers; a conftest imports what it needs."""

from collections.abc import Iterator

import pytest

from tests.servers.ollama import OllamaServer


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    """Yield a started Ollama with one generating and one embedding model."""
    with OllamaServer() as server:
        yield server
