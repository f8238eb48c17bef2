"""A server with three models, a plan that asks them, and what is heard of a turn."""

import pytest
from prometheus_client import REGISTRY

from models_registry.domain.chat import Candidate, GenerationPlan, Knobs, Message, Piece, Role, Text
from tests.models_registry.conftest import endpoint_of, overhear
from tests.servers.ollama import OllamaServer

MODELS = ("phi3:medium", "llama3:8b-instruct", "mistral:7b")
TURNS = (Message(Role.SYSTEM, "You advise."), Message(Role.USER, "Why are my fees low?"))


@pytest.fixture
def server():
    with OllamaServer(MODELS) as running:
        yield running


def plan(server, *models, **more):
    candidates = tuple(Candidate(endpoint=endpoint_of(server), model=name) for name in models or MODELS)
    return GenerationPlan(
        purpose="advice",
        query_type="detailed",
        candidates=candidates,
        knobs=Knobs(max_tokens=50),
        strategy="detailed",
        **more,
    )


async def listen(speech):
    heard: list[Piece] = []
    await overhear(speech.pieces(), heard)
    return heard


def words(heard):
    return "".join(piece.content for piece in heard if isinstance(piece, Text))


def counted(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0
