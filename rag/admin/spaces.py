"""Embedding spaces: plan one by an installed model, have it built, watch it, search in it, give it up."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat, pluralize
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger
from models_registry.domain.errors import ModelError
from models_registry.services.embed import embedding_models, embedding_space
from rag.domain.errors import RagError
from rag.domain.spaces import PrefixScheme, scheme_of
from rag.models import ChunkEmbedding, IndexVersion, Quarantine
from rag.services import spaces
from rag.services.index_sql import BuiltElsewhere, indexes_of

BUILT_IN = "auto"
KNOBS = ("forced_kind", "element", "hnsw_m", "hnsw_ef_construction", "hnsw_ef_search")
LISTS = ("ivfflat_lists", "ivfflat_probes", "least_cosine")
SEEN = ("progress", "message", "index", "vectors", "created_at", "started_at", "finished_at", "activated_at")


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """By which model, read how."""

    model = forms.ChoiceField(label="Model", help_text="One of a host that is switched on, or the built-in one.")
    prefix_scheme = forms.ChoiceField(label="Prefixes", required=False, help_text="What the model was trained with.")

    class Meta:
        model = IndexVersion
        fields = ("model", "version", "prefix_scheme", "activates_when_ready")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        installed = [(one.tag, one.tag) for one in embedding_models()]
        choices: dict[str, Any] = {
            "model": [(BUILT_IN, f"{embedding_space().model} (built in)"), *installed],
            "prefix_scheme": [("", "As its name says"), *((one.value, one.value) for one in PrefixScheme)],
        }
        for name, values in choices.items():
            field: Any = self.fields[name]
            field.choices = values
        self.fields["version"].initial = settings.EMBED_VERSION
        self.fields["prefix_scheme"].initial = ""


@admin.register(IndexVersion)
class IndexVersionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("slug", "progress", "searched", "vectors", "index", "recall", "refused", "age", "message")
    list_filter = ("state",)
    actions = ("build", "activate", "rebuild_index", "retry_refused", "retire")

    class Media:
        js = ("js/admin_progress.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndexVersion]:
        rows: QuerySet[IndexVersion] = super().get_queryset(request)
        return rows.annotate(vector_count=_count(ChunkEmbedding), refused_count=_count(Quarantine))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: IndexVersion | None = None, **given: Any) -> Any:
        return super().get_form(request, obj, **given) if obj else PlanForm

    def get_fields(self, request: HttpRequest, obj: IndexVersion | None = None) -> tuple[str, ...]:
        return (*KNOBS, *LISTS, "activates_when_ready", *SEEN) if obj else PlanForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: IndexVersion | None = None) -> tuple[str, ...]:
        return SEEN if obj else ()

    def save_model(self, request: HttpRequest, obj: IndexVersion, form: Any, change: bool) -> None:
        """Plan a space by the service, which knows its name; one that is there already is that one."""
        if change:
            super().save_model(request, obj, form, change)
            return
        row = spaces.plan_space(
            obj.model,
            at=timezone.now(),
            version=obj.version,
            scheme=PrefixScheme(obj.prefix_scheme or scheme_of(obj.model)),
            activates_when_ready=obj.activates_when_ready,
        )
        obj.__dict__.update(row.__dict__)

    @admin.display(description="State", ordering="state")
    def progress(self, row: IndexVersion) -> str:
        is_live = row.state == IndexVersion.State.BUILDING or row.alive_at is not None
        words = f"{row.get_state_display()} {row.step} {row.done:,} of {row.total:,}" if row.total else row.state
        bar = format_html('<progress max="{}" value="{}"></progress> ', row.total, row.done) if row.total else ""
        live = "live" if is_live else "still"
        return format_html('<span data-progress="space-{}" data-{}>{}{}</span>', row.pk, live, bar, words)

    @admin.display(description="Searched", boolean=True, ordering="is_active")
    def searched(self, row: IndexVersion) -> bool:
        return row.is_active

    @admin.display(description="Vectors", ordering="vector_count")
    def vectors(self, row: Any) -> str:
        return f"{row.vector_count:,} of {row.dimension or '?'} dimensions"

    @admin.display(description="Index", ordering="index_kind")
    def index(self, row: IndexVersion) -> str:
        size = sum(one.size_bytes for one in indexes_of(row.pk) if one.is_valid)
        return f"{row.get_index_kind_display()}, {filesizeformat(size)}" if size else row.get_index_kind_display()

    @admin.display(description="Recall@10", ordering="measured_recall")
    def recall(self, row: IndexVersion) -> str:
        return "-" if row.measured_recall is None else f"{row.measured_recall:.3f}"

    @admin.display(description="Refused passages", ordering="refused_count")
    def refused(self, row: Any) -> int:
        return int(row.refused_count)

    @admin.display(description="Age", ordering="created_at")
    def age(self, row: IndexVersion) -> str:
        return timesince(row.created_at, depth=1)

    @admin.action(description="Build: embed what has no vector, and its index")
    def build(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        self._queue(request, queryset, afresh=False)

    @admin.action(description="Build the index afresh")
    def rebuild_index(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        self._queue(request, queryset, afresh=True)

    @admin.action(description="Activate: search in it from now on")
    def activate(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        rows = list(queryset)
        if len(rows) != 1:
            self.message_user(request, "Choose exactly one space to search in.", messages.ERROR)
            return
        self._each(request, rows, lambda row: spaces.activate(row, at=timezone.now()), said="searched from now on")

    @admin.action(description="Retire: delete its vectors and its index")
    def retire(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        self._each(request, list(queryset), spaces.retire, said="retired")

    @admin.action(description="Try refused passages again")
    def retry_refused(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        ids = list(Quarantine.objects.filter(index_version__in=queryset).values_list("pk", flat=True))
        self.message_user(request, retried(ids))

    def _queue(self, request: HttpRequest, queryset: QuerySet[IndexVersion], *, afresh: bool) -> None:
        rows = list(queryset)
        for row in rows:
            spaces.build(row, at=timezone.now(), afresh=afresh)
        self.message_user(request, f"{len(rows)} space{pluralize(rows)} queued for building.")

    def _each(
        self, request: HttpRequest, rows: list[IndexVersion], verb: Callable[[IndexVersion], None], *, said: str
    ) -> None:
        for row in rows:
            name = str(row)
            try:
                verb(row)
            except (RagError, ModelError) as exc:
                self.message_user(request, str(exc), messages.ERROR)
            except BuiltElsewhere:
                self.message_user(request, f"{name} is being built now. Try again later.", messages.ERROR)
            else:
                self.message_user(request, f"{name}: {said}.")


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyLedger):
    list_display = ("chunk", "index_version", "reason", "tries", "at")
    list_filter = ("index_version",)
    list_select_related = ("chunk", "index_version")
    actions = ("retry",)

    @admin.action(description="Try again")
    def retry(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        self.message_user(request, retried(list(queryset.values_list("pk", flat=True))))


def _count(table: type[ChunkEmbedding] | type[Quarantine]) -> Coalesce:
    """Count a space's rows by a statement of its own: two joins would multiply each other."""
    rows = table.objects.filter(index_version=OuterRef("pk")).order_by().values("index_version")
    return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), 0)


def retried(row_ids: list[int]) -> str:
    """Try these passages again and say what came of it."""
    left = spaces.retry_quarantine(row_ids)
    return f"{left} of {len(row_ids)} passage{pluralize(row_ids)} got a vector."
