"""Hashing prompts and suspecting silent truncation."""

import pytest

from models_registry.domain.chat import GenerationPlan, Knobs, Message, Role, is_truncation_suspected, prompt_sha256


def test_a_prompt_hash_knows_roles_and_boundaries():
    one = prompt_sha256([Message(Role.USER, "ab")])

    assert one == prompt_sha256((Message(Role.USER, "ab"),))
    assert (
        len(
            {
                one,
                prompt_sha256([Message(Role.SYSTEM, "ab")]),
                prompt_sha256([Message(Role.USER, "a"), Message(Role.USER, "b")]),
            }
        )
        == 3
    )
    assert len(prompt_sha256([Message(Role.USER, "\ud83d lone")])) == 64


@pytest.mark.parametrize(
    ("chars", "tokens", "num_ctx", "expected"),
    [
        (160_000 * 4, 16_387, 32_768, True),  # ollama #3839
        (65_535 * 4, 32_770, 65_536, True),  # ollama #17427
        (18_000, 4098, 8192, False),  # about as many as it should be
        (100_000, 4000, 8192, False),  # cached tokens left out by an older server
        (100_000, None, 8192, False),
        (100, 4098, 8192, False),
    ],
)
def test_only_half_a_window_of_a_longer_prompt_is_suspicious(chars, tokens, num_ctx, expected):
    assert is_truncation_suspected(prompt_chars=chars, prompt_tokens=tokens, num_ctx=num_ctx) is expected


def test_a_plan_without_candidates_cannot_generate():
    plan = GenerationPlan(purpose="advice", query_type="quick", candidates=(), knobs=Knobs(), strategy="quick")

    assert not plan.can_generate
