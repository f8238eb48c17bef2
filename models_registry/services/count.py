"""Count what happened when models were asked to speak. Moves metrics only; rows are the ledger's."""

from collections.abc import Sequence

from models_registry import metrics
from models_registry.domain.chat import Candidate, GenerationRecord, Outcome
from models_registry.domain.errors import ModelError, ModelNotInstalled, ProviderRejected, ProviderTimeout
from models_registry.domain.pricing import cost_usd


def failed_attempt(candidate: Candidate, failure: ModelError) -> None:
    """Count one attempt that failed."""
    kind = error_type(failure)
    _request(candidate, status=Outcome.FAILED)
    metrics.MODEL_ERRORS.labels(model_name=metrics.model_label(candidate.model), error_type=kind).inc()
    if candidate.endpoint.kind == "ollama":
        metrics.OLLAMA_ERRORS.labels(type=kind).inc()


def turn(
    purpose: str, speaker: Candidate, record: GenerationRecord, *, failures: Sequence[tuple[Candidate, ModelError]]
) -> None:
    """Count one turn that a model took, however it ended, and the candidates it took it over from."""
    model = metrics.model_label(speaker.model)
    for candidate, failure in failures:
        lost = metrics.model_label(candidate.model)
        metrics.MODEL_FALLBACKS.labels(from_model=lost, to_model=model, reason=failure.code).inc()
        if candidate.endpoint.kind == "ollama":
            metrics.OLLAMA_FALLBACKS.inc()
    if record.outcome is not Outcome.FAILED:  # a failed attempt was counted when it failed
        _request(speaker, status=record.outcome)
    metrics.FIRST_TOKEN.labels(purpose=purpose, model=model).observe((record.first_token_ms or 0) / 1000)
    if record.truncation_suspected:
        metrics.TRUNCATION_SUSPECTED.labels(model=model).inc()
    _count_tokens(model, speaker.endpoint.kind, record)
    _count_time(model, speaker.endpoint.kind, record)
    paid = cost_usd(speaker.price, prompt_tokens=record.prompt_tokens, generated_tokens=record.generated_tokens)
    metrics.GENERATION_COST.labels(tier=speaker.tier.value).inc(float(paid or 0))


def _request(candidate: Candidate, *, status: Outcome) -> None:
    model, kind = metrics.model_label(candidate.model), candidate.endpoint.kind
    metrics.MODEL_REQUESTS.labels(model_name=model, model_type=kind, status=status.value).inc()
    if kind == "ollama":
        metrics.OLLAMA_REQUESTS.labels(model=model).inc()


def _count_tokens(model: str, kind: str, record: GenerationRecord) -> None:
    metrics.MODEL_TOKENS.labels(model, "input").inc(record.prompt_tokens or 0)
    metrics.MODEL_TOKENS.labels(model, "output").inc(record.generated_tokens or 0)
    if kind == "ollama":
        metrics.OLLAMA_TOKENS.labels(model=model).inc(record.generated_tokens or 0)
    spoken_ms = (record.latency_ms or 0) - (record.first_token_ms or 0)
    if record.generated_tokens and spoken_ms > 0:
        metrics.TOKENS_PER_SECOND_SEEN.labels(model=model).observe(record.generated_tokens / (spoken_ms / 1000))


def _count_time(model: str, kind: str, record: GenerationRecord) -> None:
    if record.latency_ms is None:
        return
    bucket = metrics.token_count_label(record.generated_tokens)
    metrics.GENERATION_SECONDS.labels(model=model, token_count_bucket=bucket).observe(record.latency_ms / 1000)
    if kind == "ollama":
        metrics.OLLAMA_STREAM_MS.labels(model=model).observe(record.latency_ms)
        at_work_ms = record.latency_ms - (record.queue_ms or 0) - (record.load_ms or 0)
        metrics.OLLAMA_GENERATE_MS.labels(model=model).observe(max(0, at_work_ms))


def error_type(failure: ModelError) -> str:
    """Return which of the four kinds a failure is."""
    if isinstance(failure, ProviderTimeout):
        return "timeout"
    if isinstance(failure, ModelNotInstalled):
        return "model_not_found"
    return "client_error" if isinstance(failure, ProviderRejected) else "other"
