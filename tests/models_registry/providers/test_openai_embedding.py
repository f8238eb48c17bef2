"""Texts become vectors at hosts that speak OpenAI's dialect."""

from dataclasses import replace

import numpy as np
import pytest

from models_registry.domain.errors import AnswerInvalid, ProviderTimeout
from models_registry.providers import catalog
from models_registry.providers.base import Embedder
from tests.models_registry.conftest import QUICK
from tests.models_registry.providers.hosted import asked, endpoint_at, listen
from tests.models_registry.providers.openai_hosts import MODEL, server
from tests.servers.hosted import Fault, Order
from tests.servers.openai_compatible import OpenAIServer
from tests.servers.openai_compatible.server import vector

__all__ = ["server"]


def embedder_at(server: OpenAIServer) -> Embedder:
    found = catalog.connect_embedder(endpoint_at(server, "openai"))
    assert found
    return found


async def test_texts_become_vectors_of_unit_length_in_order(server):
    server.stretch, server.shuffles = 3.0, True
    texts = ["one", "two", "three"]

    embedded = await embedder_at(server).embed_batch(texts, model=MODEL)

    assert np.allclose(embedded.vectors, [vector(text) for text in texts], atol=1e-6)
    assert embedded.prompt_tokens == 3
    assert server.requests[0].body == {"model": MODEL, "input": texts, "encoding_format": "float"}


async def test_no_text_is_no_call(server):
    embedder = embedder_at(server)

    assert (await embedder.embed_batch([], model=MODEL, dimension=8)).vectors.shape == (0, 8)
    assert server.requests == []


@pytest.mark.parametrize("row", [[0.0, 0.0], [1e300, 1.0], [3e38, 3e38]])
async def test_a_vector_that_cannot_be_brought_to_unit_length_is_refused(server, row):
    server.use(Order(Fault.STATUS, status=200, body={"data": [{"index": 0, "embedding": row}]}))

    with pytest.raises(AnswerInvalid):
        await embedder_at(server).embed_batch(["x"], model=MODEL)


async def test_a_slow_host_is_not_waited_for_beyond_its_deadline(server):
    server.token_delay_s = 0.05
    server.say = lambda _request: ["word "] * 200
    timeouts = replace(QUICK, total_s=0.3)

    with pytest.raises(ProviderTimeout, match="The whole answer"):
        await listen(endpoint_at(server, "openai", timeouts=timeouts), asked(MODEL))
