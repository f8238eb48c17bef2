"""The values exchanged with a model: who is asked, with which knobs, what it said. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

CHARS_PER_TOKEN = 4.5  # English prose; denser text has more tokens, so the estimate stays low and rarely cries wolf


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. It travels as a role; the model's own template is applied by the host."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Five limits in seconds, and the retry rule: one limit alone cannot tell a cold load from a hang."""

    connect_s: float = 5.0
    default_s: float = 60.0
    first_token_s: float = 90.0
    idle_s: float = 30.0
    total_s: float = 180.0
    load_s: float = 300.0
    attempts: int = 3
    retry_wait_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Admission:
    """How many generations a host takes at once, and how long others may wait for it. Times in seconds."""

    slots: int = 1  # per model, as OLLAMA_NUM_PARALLEL counts
    queue_limit: int = 256
    max_wait_s: float = 120.0
    collation_wait_s: float = 20.0
    max_loaded: int | None = None


@dataclass(frozen=True, slots=True)
class Batches:
    """How many texts a host gets in one embedding call, and how many calls at once."""

    texts: int = 32
    at_once: int = 4  # a host has one runner for them: more would only wait there


class ModelTier(StrEnum):
    """What a model costs: nothing, little, or much."""

    LOCAL = "local"
    BALANCED = "balanced"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, input and output apart. A local model costs 0."""

    input_usd_per_mtok: Decimal = Decimal(0)
    output_usd_per_mtok: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One host that can speak or embed. Equal endpoints share one pooled client."""

    slug: str
    kind: str  # ollama | openai | anthropic | builtin | echo
    base_url: str
    keep_alive: str = "30m"
    timeouts: Timeouts = field(default_factory=Timeouts)
    admission: Admission = field(default_factory=Admission)
    batches: Batches = field(default_factory=Batches)
    secret_name: str = ""  # the environment variable that holds the key; never the key


@dataclass(frozen=True, slots=True)
class Knobs:
    """Sampling options of one request; `num_ctx` is pinned per model, since a change reloads it."""

    temperature: float = 0.2
    top_p: float = 0.9
    top_k: int | None = None
    repeat_penalty: float | None = None
    num_ctx: int = 8192
    max_tokens: int = 1536
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None

    def asked(self, *, temperature: float | None = None, max_tokens: int | None = None) -> "Knobs":
        """Return the knobs as one call asks for them; what is None stays as it is."""
        return replace(
            self,
            temperature=self.temperature if temperature is None else temperature,
            max_tokens=self.max_tokens if max_tokens is None else max_tokens,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model on one host that may answer."""

    endpoint: Endpoint
    model: str
    digest: str = ""
    capabilities: tuple[str, ...] = ()
    num_ctx: int = 8192
    tier: ModelTier = ModelTier.LOCAL
    price: Price = field(default_factory=Price)
    tokens_per_s: float | None = None  # measured
    load_s: float | None = None  # measured
    size_bytes: int | None = None
    chars_per_token: float | None = None  # measured
    is_on_trial: bool = False  # its breaker is not closed: a trial must be claimed before it is asked


@dataclass(frozen=True, slots=True)
class GenerationPlan:
    """Everything decided before a model is asked; stored with the generation, never edited later."""

    purpose: str
    query_type: str
    candidates: tuple[Candidate, ...]
    knobs: Knobs
    strategy: str
    rollout: str | None = None
    variant: str | None = None
    bucket: int | None = None
    prompt_revision_id: int | None = None
    experiments: tuple[str, ...] = ()  # every rollout the unit met, as `rollout:variant`
    reasons: tuple[str, ...] = ()
    unit: str = "nobody"  # who waits: the queue is fair between units
    user_tier: str = "standard"
    decision: Mapping[str, Any] = field(default_factory=dict)  # plain JSON: why this order, why each other one lost
    is_streaming: bool = True  # False: the words are held back until all are said
    most_at_once: int | None = None  # turns the asker may have open, as the tier says; None: no limit

    @property
    def can_generate(self) -> bool:
        return bool(self.candidates)

    @property
    def num_ctx(self) -> int:
        """The smallest window of the models that may answer: what every one of them can read."""
        return min((candidate.num_ctx for candidate in self.candidates), default=self.knobs.num_ctx)


@dataclass(frozen=True, slots=True)
class Started:
    """A model took the turn. Everything that follows is its voice."""

    model: str
    endpoint: str
    fell_back_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, in order. One piece may hold several tokens."""

    content: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the model's reasoning; never shown as part of the answer."""

    content: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The model said `done`. Counts are None when the host did not report them."""

    model: str
    reason: str
    prompt_tokens: int | None
    generated_tokens: int | None
    latency_ms: int
    first_token_ms: int | None
    load_ms: int | None = None
    truncation_suspected: bool = False


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits for a model. `position` 1 is next; it never grows. Waits of all processes count."""

    model: str
    position: int
    expected_wait_ms: int | None


@dataclass(frozen=True, slots=True)
class Loading:
    """A host brings the model into memory for us; the request waits for it."""

    model: str
    endpoint: str
    elapsed_ms: int
    expected_ms: int | None


Piece = Queued | Loading | Started | Text | Thinking | Finished


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model asked, and how it went. `error_code` is empty for the one that answered."""

    model: str
    endpoint: str
    error_code: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a host tells about a model it holds. None is unknown; `capabilities` too may be unknown."""

    tag: str
    digest: str = ""
    size_bytes: int | None = None
    parameter_size: str = ""
    quantization: str = ""
    capabilities: tuple[str, ...] | None = None
    context_length: int | None = None


class Outcome(StrEnum):
    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """How one turn ended. The prompt is known by its hash only; unknown counts are None."""

    outcome: Outcome
    model: str
    endpoint: str
    prompt_sha256: str
    prompt_tokens: int | None
    generated_tokens: int | None
    latency_ms: int | None
    first_token_ms: int | None
    error_code: str = ""
    truncation_suspected: bool = False
    fell_back_from: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    digest: str = ""
    queue_ms: int | None = None
    load_ms: int | None = None
    prompt_chars: int | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What one provider is asked, once. `chars_per_token` is the model's measured ratio, None when not measured."""

    model: str
    messages: tuple[Message, ...]
    knobs: Knobs
    schema: Mapping[str, Any] | None = None
    think: bool | None = None
    keep_alive: str | None = None
    chars_per_token: float | None = None

    @property
    def chars(self) -> int:
        return sum(len(message.content) for message in self.messages)


def prompt_sha256(messages: Sequence[Message]) -> str:
    """Return the hash under which a prompt is logged and stored; roles and boundaries count."""
    spoken = json.dumps([[message.role, message.content] for message in messages], ensure_ascii=False)
    return hashlib.sha256(spoken.encode("utf-8", "surrogatepass")).hexdigest()


def estimated_tokens(chars: int, *, chars_per_token: float | None = None) -> int:
    """Return about how many tokens a prompt has; low rather than high while the model's own ratio is not measured."""
    return round(chars / (chars_per_token or CHARS_PER_TOKEN))
