"""Changes are typed: what cannot be changed is refused with words that say what can."""

import pytest

from models_registry.domain.errors import VariantInvalid
from models_registry.domain.variants import ADVICE, ANSWER, Changes, Engine, parse


@pytest.mark.parametrize(
    ("raw", "purpose", "expected"),
    [
        ([], ADVICE, Changes()),
        ([{"kind": "engine", "engine": "v2"}], ADVICE, Changes(engine=Engine.V2)),
        ([{"kind": "model", "model": " qwen3:8b "}], ANSWER, Changes(model="qwen3:8b")),
        ([{"kind": "prompt", "revision": 3}], ANSWER, Changes(prompt_revision=3)),
        ([{"kind": "weights", "revision": 3}], ADVICE, Changes(weights_revision=3)),
        ([{"kind": "retrieval", "top_k": 12}], ANSWER, Changes(retrieval={"top_k": 12})),
        (
            [{"kind": "strategy", "temperature": 0.1, "models": ["phi3"]}, {"kind": "strategy", "top_p": 0.5}],
            ADVICE,
            Changes(models=("phi3",), knobs={"temperature": 0.1, "top_p": 0.5}),
        ),
    ],
)
def test_changes_are_read(raw, purpose, expected):
    assert parse(raw, purpose=purpose) == expected


@pytest.mark.parametrize(
    ("raw", "purpose"),
    [
        ({}, ADVICE),
        (["engine"], ADVICE),
        ([{"kind": "color"}], ADVICE),
        ([{"kind": "engine", "engine": "v3"}], ADVICE),
        ([{"kind": "engine", "engine": "v2"}], ANSWER),
        ([{"kind": "retrieval", "top_k": 12}], ADVICE),
        ([{"kind": "retrieval", "top_k": 21}], ANSWER),
        ([{"kind": "retrieval", "top_k": 2.5}], ANSWER),
        ([{"kind": "strategy"}], ADVICE),
        ([{"kind": "strategy", "temperature": True}], ADVICE),
        ([{"kind": "strategy", "num_ctx": 4096}], ADVICE),
        ([{"kind": "strategy", "models": "phi3"}], ADVICE),
        ([{"kind": "model", "model": "qwen3:latest"}], ADVICE),
        ([{"kind": "model", "model": "a", "more": 1}], ADVICE),
        ([{"kind": "prompt", "revision": 0}], ADVICE),
        ([{"kind": "prompt", "revision": True}], ADVICE),
    ],
)
def test_what_cannot_be_changed_is_refused(raw, purpose):
    with pytest.raises(VariantInvalid) as refused:
        parse(raw, purpose=purpose)
    assert str(refused.value)
