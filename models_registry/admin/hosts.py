"""Hosts and the models they hold: check, load, unload, download."""

import os

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat, pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from models_registry.domain.residency import FOREVER
from models_registry.forms import LinesField
from models_registry.models import LanguageModel, Provider
from models_registry.services import health, warm
from models_registry.services.probe import Probe, probe

MOST_PROBES = 5  # they are asked at once, while somebody waits for the page
RESIDENT = LanguageModel.objects.filter(resident_until__isnull=False)


@admin.register(Provider)
class ProviderAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("name", "sort", "base_url", "is_enabled", "priority", "state", "models", "in_memory", "checked_at")
    list_filter = ("kind", "is_enabled")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("state", "version", "checked_at", "secret", "resident")
    actions = ("check_now", "load_main_model", "pull_a_model")
    fieldsets = (
        (None, {"fields": ("name", "slug", "kind", "base_url", "is_enabled", "priority", "keep_alive")}),
        (
            "Key",
            {
                "fields": ("secret_name", "secret"),
                "description": "A key stands in the environment of lnrag, never in the database.",
            },
        ),
        ("Now", {"fields": ("state", "version", "checked_at", "resident")}),
        (
            "Queue and memory",
            {
                "fields": ("slots", "max_loaded", "memory_gb", "queue_limit", "max_wait_s", "collation_wait_s"),
                "description": (
                    "A host queues without a word, so lnrag queues before it. Keep the slots equal to what the host "
                    "was started with (OLLAMA_NUM_PARALLEL): with more, requests wait unseen on the host; with fewer, "
                    "it idles."
                ),
            },
        ),
        (
            "Embedding",
            {
                "fields": ("embed_batch_size", "embed_batches_at_once"),
                "description": "For hosts that embed; each call holds up to so many texts.",
            },
        ),
        (
            "Time limits, in seconds",
            {
                "fields": (
                    *("connect_timeout_s", "default_timeout_s", "first_token_timeout_s", "idle_timeout_s"),
                    *("total_timeout_s", "load_timeout_s", "max_attempts", "retry_wait_s"),
                ),
                "description": "First token < whole answer < job queue (600 s). A cold load has a limit of its own.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """Fetch what the list shows in two queries, however many hosts there are."""
        rows: QuerySet[Provider] = super().get_queryset(request)
        installed = Count("language_models", filter=Q(language_models__is_installed=True))
        return rows.annotate(installed=installed).prefetch_related(
            Prefetch("language_models", queryset=RESIDENT, to_attr="resident_models")
        )

    @admin.display(description="Kind", ordering="kind")
    def sort(self, row: Provider) -> str:
        return str(row.get_kind_display()).partition(" (")[0]

    @admin.display(description="State", ordering="is_healthy")
    def state(self, row: Provider) -> str:
        if row.is_healthy is None:
            return "not asked yet"
        return "answers" if row.is_healthy and not row.health_note else row.health_note or "does not answer"

    @admin.display(description="Models", ordering="installed")
    def models(self, row: Provider) -> int:
        return int(row.installed)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="In memory")
    def in_memory(self, row: Provider) -> str:
        return ", ".join(model.tag for model in row.resident_models) or "-"  # type: ignore[attr-defined]  # prefetched

    @admin.display(description="In memory")
    def resident(self, row: Provider) -> str | SafeString:
        models = getattr(row, "resident_models", ())  # a host that is being added has none
        lines = ((model.tag, stay(model)) for model in models)
        return format_html_join("", "<div><strong>{}</strong> {}</div>", lines) or "Nothing, at the latest look."

    @admin.display(description="Key")
    def secret(self, row: Provider) -> str:
        if not row.secret_name:
            return "None is needed."
        is_set = bool(os.environ.get(row.secret_name, "").strip())
        return f"{row.secret_name} is set." if is_set else f"{row.secret_name} is not set: set it, then start again."

    @admin.action(description="Check now: health and models")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for report in health.check(tuple(queryset), at=timezone.now()):
            told = f"answers, {len(report.models or ())} models" if report.is_healthy else report.note
            level = messages.SUCCESS if report.is_healthy else messages.WARNING
            self.message_user(request, f"{report.slug}: {told}", level)

    @admin.action(description="Load the main model into memory (a job)")
    def load_main_model(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        found = [(host, warm.main_model(host)) for host in queryset]
        warm.enqueue(model for _, model in found if model)
        for host, model in found:
            told = f"{host}: {model} is being loaded." if model else f"{host}: it has no model that can speak."
            self.message_user(request, told, messages.SUCCESS if model else messages.WARNING)

    @admin.action(description="Pull a model…")
    def pull_a_model(self, request: HttpRequest, queryset: QuerySet[Provider]) -> HttpResponseRedirect | None:
        host = queryset.first()
        if host is None or queryset.count() > 1:
            self.message_user(request, "Choose one host.", messages.WARNING)
            return None
        return HttpResponseRedirect(f"{reverse('admin:models_registry_pull_add')}?provider={host.pk}")


class LanguageModelForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One model; its specialties are written one per line."""

    specialties = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One per line: code, translate, creative, quick, general, or words of your own.",
    )


@admin.register(LanguageModel)
class LanguageModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = LanguageModelForm
    list_display = (
        *("tag", "provider", "is_installed", "is_enabled", "parameter_size", "context_length"),
        *("memory", "observed_calls", "observed_latency_ms", "observed_tokens_per_s"),
    )
    list_filter = ("provider", "is_installed", "is_enabled")
    list_select_related = ("provider",)
    search_fields = ("tag",)
    fieldsets = (
        (None, {"fields": ("provider", "tag", "is_enabled", "specialties")}),
        (
            "Declared",
            {
                "fields": ("declared_latency_ms", "declared_quality"),
                "description": "Used until enough calls were measured; empty: the catalog's values.",
            },
        ),
        (
            "Measured",
            {
                "fields": (
                    *("observed_calls", "observed_latency_ms", "observed_quality"),
                    *("observed_tokens_per_s", "observed_load_s", "observed_chars_per_token"),
                )
            },
        ),
        (
            "As its host tells",
            {
                "fields": (
                    *("is_installed", "memory", "size", "parameter_size", "quantization", "can"),
                    *("context_length", "weights", "digest_since", "seen_at"),
                )
            },
        ),
    )
    readonly_fields = (
        *("provider", "tag", "weights", "digest_since", "size", "parameter_size", "quantization"),
        *("can", "context_length", "is_installed", "seen_at", "memory"),
        *("observed_calls", "observed_latency_ms", "observed_quality"),
        *("observed_tokens_per_s", "observed_load_s", "observed_chars_per_token"),
    )
    actions = ("have_it_speak", "load_into_memory", "unload")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a model is installed on its host and then found

    @admin.display(description="In memory", ordering="resident_until")
    def memory(self, row: LanguageModel) -> str:
        return stay(row) if row.resident_until else "no"

    @admin.display(description="Size")
    def size(self, row: LanguageModel) -> str:
        return "-" if row.size_bytes is None else filesizeformat(row.size_bytes)

    @admin.display(description="Capabilities")
    def can(self, row: LanguageModel) -> str:
        return ", ".join(map(str, row.capabilities)) or "its host does not tell"

    @admin.display(description="Digest")
    def weights(self, row: LanguageModel) -> str:
        return row.digest[:12] or "-"

    @admin.action(description="Probe: have it say a few words")
    def have_it_speak(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        rows = tuple(queryset.select_related("provider"))
        if len(rows) > MOST_PROBES:
            self.message_user(request, f"Choose at most {MOST_PROBES} models.", messages.WARNING)
            return
        for told in probe(rows, unit=f"user:{request.user.pk}"):
            self.message_user(request, spoken(told), messages.WARNING if told.failure else messages.SUCCESS)

    @admin.action(description="Load into the host's memory (a job)")
    def load_into_memory(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        count = warm.enqueue(queryset.filter(is_installed=True))
        self.message_user(request, f"{count} loading jobs queued.")

    @admin.action(description="Let go from the host's memory")
    def unload(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        rows = tuple(queryset.filter(is_installed=True).select_related("provider"))
        refusals = warm.unload(rows, at=timezone.now())
        gone = len(rows) - len(refusals)
        for refusal in refusals:
            self.message_user(request, refusal, messages.WARNING)
        self.message_user(request, f"{gone} model{pluralize(gone)} let go.")


def spoken(told: Probe) -> str:
    """Return how a probed model spoke, as a sentence."""
    who = f"{told.model} on {told.host}"
    if told.failure:
        return f"{who} said nothing: {told.failure}"
    speed = "" if told.tokens_per_s is None else f", then {told.tokens_per_s:.1f} tokens/s"
    return f"{who}: first word after {told.first_token_ms:,} ms{speed}. It said: {told.words}"


def stay(model: LanguageModel) -> str:
    """Return until when a model stays in memory, and where."""
    until = model.resident_until
    if until is None:
        return "not in memory"
    words = "for ever" if until - timezone.now() > FOREVER else f"until {until:%H:%M} UTC"
    return words if model.vram_share is None else f"{words}, {model.vram_share:.0%} on the card"
