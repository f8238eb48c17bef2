"""What a variant of a rollout changes, as typed values read from JSON. Pure; nothing is looked up here.

One change is an object with a `kind` and what that kind needs:
`{"kind": "engine", "engine": "v2"}`, `{"kind": "strategy", "temperature": 0.1, "models": ["qwen3:8b"]}`,
`{"kind": "model", "model": "qwen3:8b"}`, `{"kind": "prompt", "revision": 12}`, `{"kind": "weights", "revision": 3}`,
`{"kind": "retrieval", "top_k": 12}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeGuard

from models_registry.domain.errors import VariantInvalid


class Engine(StrEnum):
    """Who gives the advice: the rules alone, or the rules and a model."""

    RULES = "rules"
    V2 = "v2"


class ChangeKind(StrEnum):
    ENGINE = "engine"
    STRATEGY = "strategy"
    MODEL = "model"
    PROMPT = "prompt"
    RETRIEVAL = "retrieval"
    WEIGHTS = "weights"


ADVICE, ANSWER, CHAT = "advice", "answer", "chat"  # the purposes that units meet a rollout with
KINDS_OF_PURPOSE = {
    ADVICE: frozenset(
        {ChangeKind.ENGINE, ChangeKind.STRATEGY, ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.WEIGHTS}
    ),
    ANSWER: frozenset({ChangeKind.STRATEGY, ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.RETRIEVAL}),
    CHAT: frozenset({ChangeKind.STRATEGY, ChangeKind.MODEL}),  # the words are the program's own
}
STRATEGY_BOUNDS: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_k": (1, 1000),
    "repeat_penalty": (0.5, 2),
    "max_tokens": (16, 32_768),
}
RETRIEVAL_BOUNDS: Mapping[str, tuple[float, float]] = {
    "top_k": (1, 20),
    "least_cosine": (0, 1),
    "rerank_top": (0, 50),
    "rrf_constant": (1, 1000),
    "dense_weight": (0, 10),
    "leg_depth": (5, 200),
}
WHOLE = frozenset({"top_k", "max_tokens", "rerank_top", "rrf_constant", "leg_depth"})


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that is different for a unit. What is None or empty stays as the rows say."""

    engine: Engine | None = None
    model: str = ""
    models: tuple[str, ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    prompt_revision: int | None = None
    weights_revision: int | None = None
    retrieval: Mapping[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        """The models to ask first, each once."""
        return tuple(dict.fromkeys(name for name in (self.model, *self.models) if name))

    def over(self, earlier: "Changes") -> "Changes":
        """Return these changes laid over earlier ones: what both say, these decide."""
        return Changes(
            engine=self.engine or earlier.engine,
            model=self.model or earlier.model,
            models=self.models or earlier.models,
            knobs={**earlier.knobs, **self.knobs},
            prompt_revision=self.prompt_revision or earlier.prompt_revision,
            weights_revision=self.weights_revision or earlier.weights_revision,
            retrieval={**earlier.retrieval, **self.retrieval},
        )


NO_CHANGES = Changes()


def parse(raw: object, *, purpose: str) -> Changes:
    """Return the changes that this JSON asks for.

    :raises VariantInvalid: when a change is not of a known kind, not allowed for this purpose, or out of bounds.
    """
    if not isinstance(raw, list):
        raise VariantInvalid("Write a list of changes, each an object with a kind.")
    found = NO_CHANGES
    for one in raw:
        found = _change(one, purpose=purpose).over(found)
    return found


def _change(one: object, *, purpose: str) -> Changes:
    if not isinstance(one, dict) or one.get("kind") not in set(ChangeKind):
        raise VariantInvalid(f"Each change needs a kind: one of {', '.join(ChangeKind)}.")
    kind, rest = ChangeKind(one["kind"]), {name: value for name, value in one.items() if name != "kind"}
    if kind not in KINDS_OF_PURPOSE.get(purpose, frozenset()):
        raise VariantInvalid(f"A rollout of {purpose} cannot change: {kind}.")
    if kind is ChangeKind.ENGINE:
        return Changes(engine=_engine(rest))
    if kind is ChangeKind.MODEL:
        return Changes(model=_name(_only(rest, "model")))
    if kind is ChangeKind.PROMPT:
        return Changes(prompt_revision=_revision(rest))
    if kind is ChangeKind.WEIGHTS:
        return Changes(weights_revision=_revision(rest))
    if kind is ChangeKind.RETRIEVAL:
        return Changes(retrieval=_numbers(rest, RETRIEVAL_BOUNDS))
    models = rest.pop("models", [])
    if not _are_texts(models):
        raise VariantInvalid("models is a list of names.")
    return Changes(models=tuple(map(_name, models)), knobs=_numbers(rest, STRATEGY_BOUNDS, may_be_empty=bool(models)))


def _engine(rest: Mapping[str, Any]) -> Engine:
    value = _only(rest, "engine")
    if value not in set(Engine):
        raise VariantInvalid(f"engine is one of {', '.join(Engine)}.")
    return Engine(value)


def _only(rest: Mapping[str, Any], name: str) -> Any:
    if set(rest) != {name}:
        raise VariantInvalid(f"Such a change holds {name} and nothing else.")
    return rest[name]


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or value.strip().lower().endswith(":latest"):
        raise VariantInvalid("Name a model that stays the same one, not :latest.")
    return value.strip()


def _revision(rest: Mapping[str, Any]) -> int:
    value = _only(rest, "revision")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise VariantInvalid("revision is the number of a revision.")
    return value


def _numbers(
    rest: Mapping[str, Any], bounds: Mapping[str, tuple[float, float]], *, may_be_empty: bool = False
) -> Mapping[str, float]:
    if not rest and not may_be_empty:
        raise VariantInvalid(f"Name what changes: {', '.join(bounds)}.")
    return {name: _number(name, value, bounds) for name, value in rest.items()}


def _number(name: str, value: object, bounds: Mapping[str, tuple[float, float]]) -> float:
    if name not in bounds:
        raise VariantInvalid(f"{name} cannot be changed; these can: {', '.join(bounds)}.")
    low, high = bounds[name]
    if not _is_number(value) or not low <= value <= high or (name in WHOLE and value != int(value)):
        raise VariantInvalid(f"{name} is a {'whole ' if name in WHOLE else ''}number from {low:g} to {high:g}.")
    return int(value) if name in WHOLE else float(value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_texts(values: object) -> TypeGuard[Iterable[str]]:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
