"""Which names mean which models, and the one window each is asked with."""

import pytest

from models_registry.domain.model_names import Wish, can_speak, is_named_by, pinned_num_ctx


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
