"""Send timed steps to OpenTelemetry (MO-11): where its package is installed and a provider was set up, else nowhere.

No question and no answer leaves by this way: only names, times, and what kind of turn it was.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from rag.domain.trace import Span, outermost_first

# An optional package: without it nobody is told.
otel: ModuleType | None = import_module("opentelemetry.trace") if find_spec("opentelemetry") else None
SCOPE = "lnrag"
NS_PER_MS = 1_000_000


def send(name: str, spans: Iterable[Span], *, began_at: datetime, ms: int, attributes: Mapping[str, object]) -> None:
    """Send one turn of `ms` milliseconds and the steps it was made of, those within a step as its children."""
    if otel is None:
        return
    tracer, began_ns = otel.get_tracer(SCOPE), round(began_at.timestamp() * 1000) * NS_PER_MS
    root = tracer.start_span(name, start_time=began_ns, attributes=attributes)
    contexts = {"": otel.set_span_in_context(root)}
    for span in outermost_first(spans):
        starts_ns = began_ns + span.start_ms * NS_PER_MS
        sent = tracer.start_span(span.step, context=contexts.get(span.within, contexts[""]), start_time=starts_ns)
        contexts.setdefault(span.step, otel.set_span_in_context(sent))
        sent.end(end_time=starts_ns + span.ms * NS_PER_MS)
    root.end(end_time=began_ns + ms * NS_PER_MS)
