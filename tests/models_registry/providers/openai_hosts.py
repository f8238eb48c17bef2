"""A host that speaks OpenAI's dialect, and two models it may speak as."""

import pytest

from models_registry.providers import catalog
from tests.servers.openai_compatible import OpenAIServer

MODEL, REASONER = "qwen3-8b", "gpt-5-mini"


@pytest.fixture
async def server():
    with OpenAIServer() as running:
        yield running
        await catalog.close()
