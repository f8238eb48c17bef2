"""The help section: which pages there are, and the values measured here beside what is usual."""

from dataclasses import dataclass
from statistics import median

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from models_registry.domain.hardware import MODEL_SETS, Profile, download_minutes
from models_registry.models import LanguageModel
from models_registry.services import hardware
from rag.models import Answer

LATEST = 200  # answers looked at: enough for a median, recent enough to be about today's machine
TOKENS = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """One help page: its address, its title, and what it is good for."""

    slug: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """How one installed model did here. Seconds; None: too few calls."""

    tag: str
    parameter_size: str
    calls: int
    thousand_tokens_s: float | None
    answer_s: float | None


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One profile of models, what it weighs and how long it takes to download."""

    name: str
    memory: str
    tags: tuple[str, ...]
    download_gb: float
    minutes: float


PAGES = (
    Page("first-steps", "First steps with Ollama", "From nothing to a model that answers, in three commands."),
    Page("hardware", "Which machine for which model", "Memory, cards, and how many seconds to expect."),
    Page("tuning", "Tuning", "Keep-alive, parallel requests, context window, threads."),
    Page("manual", "Setting up by hand", "Install, serve, pull four models, list."),
    Page("troubleshooting", "When something does not work", "Unreachable, model missing, out of memory, slow."),
)
MEMORY_WORDS = {"minimal": "under 16 GB", "recommended": "16 to 32 GB", "full": "32 GB and more"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the help pages."""
    return render(request, "help/index.html", {"pages": PAGES})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one help page; what was measured here is read only by the page that shows it."""
    found = next((one for one in PAGES if one.slug == slug), None)
    if found is None:
        raise Http404
    context = {"page": found, "pages": PAGES, "profiles": profiles()}
    if slug == "hardware":
        context |= {
            "machine": hardware.described(config := hardware.get_optimal_config()),
            "profile": config.profile.value,
            "measured": measured_models(),
            "steps": measured_steps(),
        }
    return render(request, f"help/{slug}.html", context)


def profiles() -> tuple[ProfileRow, ...]:
    """Return the profiles with their weight."""
    rows = []
    for name in Profile:
        models = MODEL_SETS[name.value]
        size_gb = sum(model.download_gb for model in models)
        tags = tuple(model.tag for model in models)
        rows.append(ProfileRow(name.value, MEMORY_WORDS[name.value], tags, size_gb, download_minutes(size_gb)))
    return tuple(rows)


def measured_models() -> tuple[MeasuredModel, ...]:
    """Return how the installed models did here, those that were asked most first."""
    rows = LanguageModel.objects.filter(is_installed=True, observed_calls__gt=0).order_by("-observed_calls", "tag")
    return tuple(
        MeasuredModel(
            tag=row.tag,
            parameter_size=row.parameter_size,
            calls=row.observed_calls,
            thousand_tokens_s=TOKENS / row.observed_tokens_per_s if row.observed_tokens_per_s else None,
            answer_s=None if row.observed_latency_ms is None else row.observed_latency_ms / 1000,
        )
        for row in rows
    )


def measured_steps() -> dict[str, float]:
    """Return the median seconds of `retrieve` and of the `whole` answer over the latest completed answers."""
    rows = Answer.objects.filter(outcome=Answer.Outcome.COMPLETED, is_cached=False, is_degraded=False)
    latest = rows.values_list("trace", "processing_ms")[:LATEST]
    retrieved = [step["ms"] for trace, _ in latest for step in trace if step.get("step") == "retrieve"]
    whole = [ms for _, ms in latest if ms is not None]
    return {name: median(found) / 1000 for name, found in (("retrieve", retrieved), ("whole", whole)) if found}
