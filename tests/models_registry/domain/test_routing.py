"""The order in which models are asked, and the reasons of the losers."""

import pytest

from models_registry.domain.chat import Endpoint
from models_registry.domain.routing import Offer, Wish, can_speak, is_named_by, pinned_num_ctx, rank

HERE = Endpoint(slug="here", kind="ollama", base_url="http://here")
THERE = Endpoint(slug="there", kind="ollama", base_url="http://there")


def offer(tag, *, host=HERE, priority=10, size=1, obstacle="", context=None):
    return Offer(
        endpoint=host,
        tag=tag,
        digest="d",
        capabilities=("completion",),
        size_bytes=size,
        context_length=context,
        host_priority=priority,
        obstacle=obstacle,
    )


def asked(ranking):
    return [(candidate.endpoint.slug, candidate.model) for candidate in ranking.candidates]


@pytest.mark.parametrize(
    ("tag", "wanted", "expected"),
    [
        ("phi3:medium", "phi3:medium", True),
        ("phi3:medium", "phi3", True),
        ("PHI3:Medium", "phi3:MEDIUM ", True),
        ("phi3.5:latest", "phi3", False),
        ("mistral:latest", "mistral", True),
        ("mistral", "mistral", True),
        ("mistral-small:24b", "mistral", False),
        ("qwen2.5:14b-instruct-q4_K_M", "qwen2.5:14b-instruct", True),
        ("qwen2.5:14b", "qwen2.5:14b-instruct", False),
        ("llama3:80b", "llama3:8", False),
        ("host:5000/team/llama3:8b", "host:5000/team/llama3", True),
    ],
)
def test_an_entry_names_a_family_or_a_tag_and_its_quantized_forms(tag, wanted, expected):
    assert is_named_by(tag, wanted) is expected


@pytest.mark.parametrize(
    ("tag", "capabilities", "expected"),
    [
        ("x", ["completion", "tools"], True),
        ("x", ["embedding"], False),
        ("nomic-embed-text", [], False),
        ("llama2", [], True),
    ],
)
def test_embedding_models_do_not_speak(tag, capabilities, expected):
    assert can_speak(tag, capabilities) is expected


def test_wished_models_come_first_in_order_then_the_largest():
    offers = [offer("a:1", size=9), offer("b:1", size=1), offer("c:1", size=5), offer("d:1", size=7)]

    ranking = rank(offers, wish=Wish(("c", "missing:1", "b:1"), 8192), all_wishes=[])

    assert asked(ranking) == [("here", "c:1"), ("here", "b:1"), ("here", "a:1"), ("here", "d:1")]
    assert ranking.reasons == ("missing:1: not installed",)


def test_one_model_on_two_hosts_is_asked_on_the_preferred_one_first():
    offers = [offer("a:1", host=HERE, priority=20), offer("a:1", host=THERE, priority=5)]

    assert asked(rank(offers, wish=Wish(("a",), 1), all_wishes=[])) == [("there", "a:1"), ("here", "a:1")]


def test_an_obstacle_keeps_a_model_out_and_says_why():
    offers = [offer("a:1", obstacle="its host does not answer"), offer("b:1")]

    ranking = rank(offers, wish=Wish(("a:1",), 1), all_wishes=[])

    assert asked(ranking) == [("here", "b:1")]
    assert ranking.reasons == ("a:1 on here: its host does not answer",)


@pytest.mark.parametrize(
    ("tag", "limit", "expected"),
    [
        ("phi3:medium", None, 16_384),
        ("phi3:mini", None, 8192),
        ("other:1", None, 8192),
        ("phi3:medium", 4096, 4096),
        ("small:1", None, 2048),
    ],
)
def test_the_window_of_a_model_is_one_constant(tag, limit, expected):
    wishes = [Wish(("phi3:medium", "small"), 2048), Wish(("phi3:medium",), 16_384)]

    assert pinned_num_ctx(tag, wishes=wishes, limit=limit) == expected
