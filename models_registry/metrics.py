"""What the models floor counts. Labels are bounded: a model is known by a slug of its registered tag."""

import re
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from models_registry.domain.chat import Candidate, GenerationRecord, Outcome
from models_registry.domain.errors import ModelError, ModelNotInstalled, ProviderRejected, ProviderTimeout

NOT_A_SLUG = re.compile(r"[^a-z0-9.]+")
LATENCY_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 180_000)
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90)
TOKENS_PER_SECOND = (1, 2, 5, 10, 20, 40, 80, 160, 320)

OLLAMA_REQUESTS = Counter("rag_ollama_requests_total", "Generations asked of Ollama.", ("model",))
OLLAMA_TOKENS = Counter("rag_ollama_tokens_generated_total", "Tokens Ollama generated.", ("model",))
OLLAMA_ERRORS = Counter("rag_ollama_errors_total", "Failed attempts at an Ollama host.", ("type",))
OLLAMA_FALLBACKS = Counter("rag_ollama_fallback_total", "Turns given to another model after an Ollama host failed.")
OLLAMA_STREAM_MS = Histogram(
    "rag_ollama_stream_latency_ms", "Time from asking to the end of a stream.", ("model",), buckets=LATENCY_MS
)
MODEL_REQUESTS = Counter(
    "rag_model_requests_total", "Attempts to have a model speak.", ("model_name", "model_type", "status")
)
MODEL_TOKENS = Counter("rag_model_tokens_total", "Tokens read and written.", ("model_name", "token_type"))
MODEL_ERRORS = Counter("rag_model_errors_total", "Failed attempts by model.", ("model_name", "error_type"))
MODEL_FALLBACKS = Counter(
    "rag_model_fallbacks_total", "Turns that went from one model to another.", ("from_model", "to_model", "reason")
)
FIRST_TOKEN = Histogram(
    "lnrag_generation_first_token_seconds", "Time until the first word.", ("purpose", "model"), buckets=SECONDS
)
TOKENS_PER_SECOND_SEEN = Histogram(
    "lnrag_generation_tokens_per_second",
    "Tokens per second after the first word.",
    ("model",),
    buckets=TOKENS_PER_SECOND,
)
TRUNCATION_SUSPECTED = Counter(
    "lnrag_prompt_truncation_suspected_total", "Prompts the host seems to have cut silently.", ("model",)
)
ROLLOUT_EXPOSURES = Counter(
    "lnrag_rollout_exposures_total", "Units that met a rollout for the first time.", ("rollout", "variant")
)


def model_label(tag: str) -> str:
    """Return the label of a registered model: never the raw tag."""
    return NOT_A_SLUG.sub("-", tag.lower()).strip("-")[:60] or "other"


def error_type(failure: ModelError) -> str:
    """Return which of the four kinds a failure is."""
    if isinstance(failure, ProviderTimeout):
        return "timeout"
    if isinstance(failure, ModelNotInstalled):
        return "model_not_found"
    return "client_error" if isinstance(failure, ProviderRejected) else "other"


def count_failure(candidate: Candidate, failure: ModelError) -> None:
    """Count one attempt that failed."""
    model, kind = model_label(candidate.model), error_type(failure)
    MODEL_REQUESTS.labels(model_name=model, model_type=candidate.endpoint.kind, status="failed").inc()
    MODEL_ERRORS.labels(model_name=model, error_type=kind).inc()
    if candidate.endpoint.kind == "ollama":
        OLLAMA_REQUESTS.labels(model=model).inc()
        OLLAMA_ERRORS.labels(type=kind).inc()


def count_turn(
    purpose: str, speaker: Candidate, record: GenerationRecord, *, failures: Sequence[tuple[Candidate, ModelError]]
) -> None:
    """Count one turn that a model took, however it ended, and the candidates it took it over from."""
    model = model_label(speaker.model)
    for candidate, failure in failures:
        MODEL_FALLBACKS.labels(from_model=model_label(candidate.model), to_model=model, reason=failure.code).inc()
        if candidate.endpoint.kind == "ollama":
            OLLAMA_FALLBACKS.inc()
    if record.outcome is not Outcome.FAILED:  # a failed attempt was counted when it failed
        MODEL_REQUESTS.labels(model_name=model, model_type=speaker.endpoint.kind, status=record.outcome.value).inc()
        if speaker.endpoint.kind == "ollama":
            OLLAMA_REQUESTS.labels(model=model).inc()
    _count_tokens(model, speaker.endpoint.kind, record)
    if record.first_token_ms is not None:
        FIRST_TOKEN.labels(purpose=purpose, model=model).observe(record.first_token_ms / 1000)
    if record.truncation_suspected:
        TRUNCATION_SUSPECTED.labels(model=model).inc()


def _count_tokens(model: str, kind: str, record: GenerationRecord) -> None:
    MODEL_TOKENS.labels(model, "input").inc(record.prompt_tokens or 0)
    MODEL_TOKENS.labels(model, "output").inc(record.generated_tokens or 0)
    if kind == "ollama":
        OLLAMA_TOKENS.labels(model=model).inc(record.generated_tokens or 0)
        OLLAMA_STREAM_MS.labels(model=model).observe(record.latency_ms or 0)
    spoken_ms = (record.latency_ms or 0) - (record.first_token_ms or 0)
    if record.generated_tokens and spoken_ms > 0:
        TOKENS_PER_SECOND_SEEN.labels(model=model).observe(record.generated_tokens / (spoken_ms / 1000))
