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


def model_label(tag: str) -> str:
    """Return the label of a registered model: never the raw tag."""
    return NOT_A_SLUG.sub("-", tag.lower()).strip("-")[:60] or "other"
