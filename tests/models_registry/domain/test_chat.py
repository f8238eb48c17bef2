"""Hashing prompts and suspecting silent truncation."""

import pytest

from models_registry.domain.chat import (
    ChatRequest,
    GenerationPlan,
    Knobs,
    Message,
    Role,
    prompt_sha256,
)
from models_registry.domain.truncation import is_clearly_too_long, is_truncation_suspected


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


@pytest.mark.parametrize(
    ("chars", "tokens", "num_ctx", "ratio", "expected"),
    [
        (40_000, 7000, 8192, 4.0, True),  # must have been 10 000 tokens; the oldest turns were dropped
        (30_000, 7000, 8192, 4.0, False),  # 7500 expected: within reason
        (24_000, 4098, 8192, 3.0, True),  # half the window, 8000 expected
        (24_000, 4098, 8192, 5.5, False),  # this model packs more into a token
        (40_000, 7000, 8192, None, False),  # nobody measured: only half the window is a sign
    ],
)
def test_a_measured_ratio_sharpens_the_suspicion(chars, tokens, num_ctx, ratio, expected):
    suspected = is_truncation_suspected(
        prompt_chars=chars, prompt_tokens=tokens, num_ctx=num_ctx, chars_per_token=ratio
    )

    assert suspected is expected


@pytest.mark.parametrize(
    ("chars", "ratio", "expected"),
    [(46_000, None, False), (47_000, None, True), (20_000, 2.0, False), (21_000, 2.0, True)],
)
def test_only_what_clearly_cannot_fit_is_too_long(chars, ratio, expected):
    assert is_clearly_too_long(prompt_chars=chars, num_ctx=8192, chars_per_token=ratio) is expected


def test_a_request_knows_its_length():
    turns = (Message(Role.SYSTEM, "ab"), Message(Role.USER, "🧡c"))

    assert ChatRequest(model="m", messages=turns, knobs=Knobs()).chars == 4
