"""Runs of the judged questions: how good retrieval is, what each step adds, what failed, and two runs side by side."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from rag.models import EvaluationRun, Ingestion
from rag.queries.evaluation import comparison, run_page
from rag.services.keep_evaluation import UNDER_WAY, request_built_in

UNREAD = ("questions", "steps")  # thousands of figures that a list does not show


@admin.register(EvaluationRun)
class EvaluationRunAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Runs are made by the button, or by `manage.py evaluate_retrieval --store`; they may be deleted, not changed."""

    list_display = (
        "name",
        "created_at",
        "collection",
        "asked",
        "documents",
        "answers",
        "refused",
        "wrongly",
        "verdict",
    )
    list_filter = ("state", "has_passed")
    search_fields = ("name", "collection")
    list_before_template = "admin/rag/evaluationrun/_start.html"
    actions = ("compare_runs",)

    class Media:
        css = {"all": ("css/admin_evaluation.css",)}
        js = ("js/admin_progress.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvaluationRun]:
        rows: QuerySet[EvaluationRun] = super().get_queryset(request)
        return rows.defer(*UNREAD)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("run/", view(require_POST(self.start)), name="rag_evaluationrun_start"),
            path("<int:first>/against/<int:second>/", view(self.compare), name="rag_evaluationrun_compare"),
            *super().get_urls(),
        ]

    def start(self, request: HttpRequest) -> HttpResponse:
        """Queue the built-in questions."""
        if not self._may_start(request):
            raise PermissionDenied
        row, is_new = request_built_in(at=timezone.now())
        words = "The built-in questions are being asked." if is_new else "A run is under way already: this one."
        self.message_user(request, words, messages.SUCCESS if is_new else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:rag_evaluationrun_change", args=(row.pk,)))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"may_start": self._may_start(request), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the report instead of a form."""
        page = run_page(int(object_id), number=request.GET.get("page", 1)) if object_id.isdigit() else None
        if page and not self.has_view_permission(request, page.run):
            raise PermissionDenied
        if page is None:
            shown: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return shown
        return self._render(request, "report.html", title=page.run.name, report=page, object_id=object_id)

    def compare(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        """Show two runs of equal questions, question by question."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = comparison(first, second)
        if found is None:
            raise Http404
        return self._render(request, "compare.html", title="Two runs compared", comparison=found)

    @admin.action(description="Compare two runs of the same questions")
    def compare_runs(self, request: HttpRequest, queryset: QuerySet[EvaluationRun]) -> HttpResponse | None:
        rows = list(queryset.order_by("created_at"))
        if len(rows) != 2 or rows[0].questions_sha256 != rows[1].questions_sha256 or not rows[0].questions_sha256:
            self.message_user(request, "Choose two finished runs of the same questions.", messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:rag_evaluationrun_compare", args=[row.pk for row in rows]))

    @admin.display(description="Questions", ordering="question_count")
    def asked(self, row: EvaluationRun) -> str:
        if row.state not in UNDER_WAY:
            return str(row.question_count)
        bar = format_html('<progress max="{}" value="{}"></progress> ', row.total or 1, row.done)
        return format_html(
            '<span data-progress="run-{}" data-live>{}{} of {}, {}</span>',
            *(row.pk, bar, row.done, row.total, row.message),
        )

    @admin.display(description="Document@5")
    def documents(self, row: EvaluationRun) -> str:
        return _percent(row, "recall_at_5")

    @admin.display(description="Answer@5")
    def answers(self, row: EvaluationRun) -> str:
        return _percent(row, "answer_recall_at_5")

    @admin.display(description="Abstained")
    def refused(self, row: EvaluationRun) -> str:
        return _percent(row, "abstention_recall")

    @admin.display(description="Wrongly refused")
    def wrongly(self, row: EvaluationRun) -> str:
        return _percent(row, "wrong_refusals")

    @admin.display(description="Gates")
    def verdict(self, row: EvaluationRun) -> str:
        if row.state == Ingestion.State.FAILED:
            return format_html('<span class="evaluation-missed" title="{}">failed</span>', row.message)
        if row.has_passed is None:
            return "-"
        name = "met" if row.has_passed else "missed"
        return format_html('<span class="evaluation-{}">{}</span>', name, name)

    def _may_start(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("rag.add_evaluationrun"))

    def _render(self, request: HttpRequest, template: str, *, title: str, **context: Any) -> TemplateResponse:
        whole = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, f"admin/rag/evaluationrun/{template}", whole)


def _percent(row: EvaluationRun, figure: str) -> str:
    share = row.figures.get(figure)
    return "-" if share is None else f"{share * 100:.1f}\N{NO-BREAK SPACE}%"
