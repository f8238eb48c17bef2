"""IX-06, IX-09: batches, a few at once, in order; a text that spoils its batch is found out and nothing is made up."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from models_registry.domain.chat import Batches
from models_registry.domain.errors import (
    AnswerInvalid,
    BreakerOpen,
    ModelError,
    ModelNotInstalled,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.models import Breaker
from models_registry.providers import catalog
from models_registry.services.embed_batches import embed_each
from tests.models_registry.conftest import endpoint_of
from tests.models_registry.providers.hosted import endpoint_at
from tests.servers.hosted import Fault as HostedFault
from tests.servers.hosted import Order
from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.openai_compatible import OpenAIServer

EMBEDDER = "nomic-embed-text"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def endpoint(server):
    yield endpoint_of(server)
    await catalog.close()


async def test_three_hundred_and_twenty_texts_are_ten_calls_four_in_flight(server, endpoint):
    server.pace.prompt_delay_s = 0.02
    texts = [f"passage {number}" for number in range(320)]

    report = await embed_each(texts, endpoint=endpoint, model=EMBEDDER, dimension=768)

    assert report.places == tuple(range(320))
    assert report.vectors.shape == (320, 768)
    assert report.refused == ()
    assert report.prompt_tokens is not None
    assert len(server.requests_for("/api/embed")) == 10
    assert server.peak("/api/embed") == 4
    sent = {text: place for place, text in enumerate(texts)}
    for request in server.requests_for("/api/embed"):
        assert [sent[text] for text in request.body["input"]] == sorted(sent[text] for text in request.body["input"])


async def test_one_bad_text_of_thirty_two_leaves_thirty_one_in_order(server, endpoint):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad"))
    texts = [f"passage {number}" for number in range(32)]
    texts[5] = "a bad one"

    report = await embed_each(texts, endpoint=endpoint, model=EMBEDDER)

    assert report.places == tuple(place for place in range(32) if place != 5)
    assert [text.place for text in report.refused] == [5]
    assert "NaN" in report.refused[0].reason
    assert len(server.requests_for("/api/embed")) == 33
    server.recover()
    alone = await embed_each([texts[7]], endpoint=endpoint, model=EMBEDDER)
    assert np.allclose(report.vectors[6], alone.vectors[0], atol=1e-6)


async def test_only_the_spoiled_batch_is_sent_again_text_by_text(server, endpoint):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad"))
    texts = [*(f"passage {number}" for number in range(9)), "bad"]

    report = await embed_each(texts, endpoint=endpoint, model=EMBEDDER, batch_size=2, in_flight=2)

    assert report.places == tuple(range(9))
    assert len(server.requests_for("/api/embed")) == 5 + 2
    assert server.peak("/api/embed") <= 2


async def test_an_older_host_that_crashes_on_one_text_gives_the_others(server, endpoint):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad", status=500))

    report = await embed_each(["good", "bad"], endpoint=endpoint, model=EMBEDDER)

    assert report.places == (0,)
    assert isinstance(report.refused[0].error, ProviderUnavailable)


async def test_a_single_text_that_is_refused_is_told_as_such(server, endpoint):
    server.use(Scenario.EMBED_NAN_400)

    report = await embed_each(["bad"], endpoint=endpoint, model=EMBEDDER, dimension=768)

    assert report.vectors.shape == (0, 768)
    assert [text.place for text in report.refused] == [0]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("embed_nan_400", ProviderRejected),
        ("embed_nan_500", ProviderUnavailable),
        ("embed_wrong_width", AnswerInvalid),
        ("error_404", ModelNotInstalled),
        ("error_503", RateLimited),
        ("stall_before_headers", ProviderTimeout),
    ],
)
async def test_when_nobody_is_served_it_is_the_host(server, endpoint, scenario, expected):
    server.use(scenario)

    with pytest.raises(ModelError) as caught:
        await embed_each(["a", "b", "c"], endpoint=endpoint, model=EMBEDDER, dimension=768)

    assert type(caught.value) is expected


async def test_a_host_that_is_away_is_not_asked_for_each_text():
    with OllamaServer() as gone:
        away = endpoint_of(gone)

    with pytest.raises(ProviderUnavailable):
        await embed_each(["a", "b"], endpoint=away, model=EMBEDDER)
    await catalog.close()


async def test_a_model_that_kept_failing_is_left_alone_and_tried_again_in_time(server, endpoint):
    opened_at = timezone.now()
    row = await Breaker.objects.acreate(
        name=f"ollama/{EMBEDDER}", service="ollama_local", state="open", opened_at=opened_at, recovery_s=60
    )

    with pytest.raises(BreakerOpen, match="left alone"):
        await embed_each(["a"], endpoint=endpoint, model=EMBEDDER)
    assert server.requests_for("/api/embed") == ()

    await Breaker.objects.aupdate(opened_at=opened_at - timedelta(seconds=61), success_threshold=1)
    await embed_each(["a"], endpoint=endpoint, model=EMBEDDER)
    await row.arefresh_from_db()
    assert row.state == "closed"


async def test_failures_of_the_host_are_counted_and_those_of_a_text_are_not(server, endpoint):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad"))
    await embed_each(["good", "bad"], endpoint=endpoint, model=EMBEDDER)
    assert not await Breaker.objects.filter(failures__gt=0).aexists()

    for _ in range(endpoint.timeouts.attempts):
        server.enqueue("reset_before_headers")
    with pytest.raises(ProviderUnavailable):
        await embed_each(["a"], endpoint=endpoint, model=EMBEDDER)
    assert (await Breaker.objects.aget(name=f"ollama/{EMBEDDER}")).total_failures == 1


async def test_no_texts_are_no_call(server, endpoint):
    report = await embed_each([], endpoint=endpoint, model=EMBEDDER, dimension=768)

    assert (report.vectors.shape, report.places, report.prompt_tokens) == ((0, 768), (), 0)
    assert server.requests == ()


async def test_a_failing_batch_stops_the_others(server, endpoint):
    server.pace.prompt_delay_s = 0.2
    server.enqueue("error_404")

    with pytest.raises(ModelNotInstalled):
        await embed_each([f"{n}" for n in range(64)], endpoint=endpoint, model=EMBEDDER, batch_size=4)

    await asyncio.sleep(0.05)
    assert len(server.requests_for("/api/embed")) <= 5


async def test_a_host_that_only_speaks_does_not_embed(endpoint):
    with pytest.raises(ProviderRejected, match="does not embed"):
        await embed_each(["a"], endpoint=replace(endpoint, kind="echo"), model=EMBEDDER)


async def test_a_model_replaced_in_the_midst_of_it_is_noticed(server, endpoint):
    server.enqueue("embed_wrong_width")

    with pytest.raises(AnswerInvalid, match="one width"):
        await embed_each(["a", "b"], endpoint=endpoint, model=EMBEDDER, batch_size=1, in_flight=1)


async def test_tokens_that_one_reply_does_not_count_are_unknown_in_all():
    with OpenAIServer() as server:
        uncounted = {"data": [{"index": 0, "embedding": [1.0] + [0.0] * 7}]}
        server.enqueue(Order(HostedFault.STATUS, status=200, body=uncounted))
        endpoint = endpoint_at(server, "openai")

        report = await embed_each(["a", "b"], endpoint=endpoint, model="qwen3-8b", batch_size=1, in_flight=1)

        assert report.places == (0, 1)
        assert report.prompt_tokens is None
        await catalog.close()


async def test_the_host_says_how_large_batches_are_and_how_many_go_out_at_once(server, endpoint):
    server.pace.prompt_delay_s = 0.02
    patient = replace(endpoint, batches=Batches(texts=10, at_once=2))

    await embed_each([f"{number}" for number in range(60)], endpoint=patient, model=EMBEDDER)

    assert [len(request.body["input"]) for request in server.requests_for("/api/embed")] == [10] * 6
    assert server.peak("/api/embed") == 2
