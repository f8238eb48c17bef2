"""Intakes, to read only, and what could not be taken in, to try again. The bytes that wait are not shown."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat, pluralize
from django.utils import timezone
from django.utils.html import format_html

from models_registry.admin import ReadOnlyLedger
from rag.domain.errors import RagError
from rag.models import DeadLetter, Ingestion
from rag.services import intake


@admin.register(Ingestion)
class IngestionAdmin(ReadOnlyLedger):
    list_display = ("source", "progress", "state", "counts", "message", "requested_by", "created_at", "finished_at")
    list_filter = ("state", "source")
    list_select_related = ("source", "requested_by")
    date_hierarchy = "created_at"
    show_full_result_count = False

    class Media:
        js = ("js/admin_progress.js",)

    @admin.display(description="Progress")
    def progress(self, row: Ingestion) -> str:
        is_live = row.state in (Ingestion.State.QUEUED, Ingestion.State.RUNNING)
        words = f"{row.step} {row.done} of {row.total}".strip() if row.total else row.step or "-"
        bar = format_html('<progress max="{}" value="{}"></progress> ', row.total, row.done) if row.total else ""
        live = "live" if is_live else "still"
        return format_html('<span data-progress="ingestion-{}" data-{}>{}{}</span>', row.pk, live, bar, words)

    @admin.display(description="Documents")
    def counts(self, row: Ingestion) -> str:
        told = ((name, row.report.get(name)) for name in ("created", "updated", "unchanged", "deleted", "failed"))
        return ", ".join(f"{count} {name}" for name, count in told if count) or "-"


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyLedger):
    """Deleting a letter forgets it: what it speaks of is not tried again."""

    list_display = ("uid", "source", "state", "code", "message", "tries", "kept", "latest_at", "next_at")
    list_filter = ("state", "code", "source")
    list_select_related = ("source",)
    search_fields = ("uid", "message")
    fields = ("source", "uid", "state", "code", "message", "tries", "kept", "first_at", "latest_at", "next_at")
    actions = ("retry",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        rows: QuerySet[DeadLetter] = super().get_queryset(request)
        size = Func(F("parcel__content"), function="octet_length", output_field=IntegerField())
        return rows.annotate(kept_bytes=size)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rag.delete_deadletter"))

    @admin.display(description="Bytes kept", ordering="kept_bytes")
    def kept(self, row: Any) -> str:
        return "-" if row.kept_bytes is None else filesizeformat(row.kept_bytes)

    @admin.action(description="Try again now")
    def retry(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        keys = tuple(queryset.values_list("pk", flat=True))
        try:
            intake.retry(keys, at=timezone.now(), user=request.user)
        except RagError as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return
        self.message_user(request, f"{len(keys)} item{pluralize(keys)} queued for another try.")
