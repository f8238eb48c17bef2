"""What the models floor counts. Labels are bounded: a model is known by a slug of its registered tag."""

import re

from prometheus_client import Counter, Histogram

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

EXTERNAL_REQUESTS = Counter("external_service_requests_total", "Calls to a service.", ("service", "endpoint", "status"))
EXTERNAL_SECONDS = Histogram(
    "external_service_latency_seconds", "Time a service took.", ("service", "endpoint"), buckets=SECONDS
)
EXTERNAL_ERRORS = Counter("external_service_errors_total", "Calls that failed.", ("service", "error_type"))


def note_external(service: str, endpoint: str, *, seconds: float, error_type: str = "") -> None:
    """Count one call to a service; `error_type` is empty when it was answered. All three are names of ours."""
    EXTERNAL_REQUESTS.labels(service=service, endpoint=endpoint, status="error" if error_type else "ok").inc()
    EXTERNAL_SECONDS.labels(service=service, endpoint=endpoint).observe(seconds)
    if error_type:
        EXTERNAL_ERRORS.labels(service=service, error_type=error_type).inc()


OLLAMA_EMBED_MS = Histogram(
    "rag_ollama_embed_latency_ms", "Time of one embedding call to Ollama.", ("model",), buckets=LATENCY_MS
)
EMBEDDING_SECONDS = Histogram(
    "rag_embedding_duration_seconds", "Time of one embedding call.", ("model", "batch_size"), buckets=SECONDS
)
BATCH_SIZES = ((1, "1"), (8, "2-8"), (32, "9-32"))  # texts in one call


def batch_label(size: int) -> str:
    """Return the label of a batch of this many texts."""
    return next((label for most, label in BATCH_SIZES if size <= most), "33+")


QUEUE_WAIT = Histogram(
    "lnrag_queue_wait_seconds",
    "Time in our queue until a host was free, loads not counted.",
    ("purpose",),
    buckets=SECONDS,
)


GENERATION_COST = Counter("lnrag_generation_cost_usd_total", "Paid for counted tokens, in dollars.", ("tier",))
GENERATION_SECONDS = Histogram(
    "rag_generation_duration_seconds",
    "Time from asking to the end of an answer.",
    ("model", "token_count_bucket"),
    buckets=SECONDS,
)
OLLAMA_GENERATE_MS = Histogram(
    "rag_ollama_generate_latency_ms",
    "Time an Ollama host spent on one answer, queue and load left out.",
    ("model",),
    buckets=LATENCY_MS,
)
TOKEN_COUNTS = ((100, "1-100"), (500, "101-500"), (1000, "501-1000"))


def token_count_label(tokens: int | None) -> str:
    """Return the label of an answer of this many tokens."""
    if tokens is None:
        return "unknown"
    return next((label for most, label in TOKEN_COUNTS if tokens <= most), "1001+")


def model_label(tag: str) -> str:
    """Return the label of a registered model: never the raw tag."""
    return NOT_A_SLUG.sub("-", tag.lower()).strip("-")[:60] or "other"
