"""What holds for every question."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from rag.models import LibraryPolicy


@admin.register(LibraryPolicy)
class LibraryPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """One row: it can be changed, and made where none was loaded."""

    list_display = ("__str__", "top_k", "confidence_threshold", "rerank_top", "rewrites_questions", "answer_ttl_s")
    fieldsets = (
        (
            "What is found",
            {"fields": ("top_k", "languages", "rewrites_questions", "history_turns", "rerank_top")},
        ),
        (
            "How words and meaning are put together",
            {
                "fields": ("rrf_constant", "dense_weight", "leg_depth"),
                "description": "<code>manage.py tune_retrieval</code> looks for better numbers on judged questions.",
            },
        ),
        (
            "When the library does not know",
            {
                "fields": ("confidence_threshold", "sure_cosine", "least_held_share"),
                "description": "Between the two cosines the best passages must hold some of the question's words: the "
                "share below at the lower one, nothing at the upper one. Names that no passage holds refuse by "
                "themselves. <code>manage.py calibrate_threshold</code> proposes a value.",
            },
        ),
        (
            "What is kept",
            {"fields": ("answer_ttl_s", "semantic_cosine", "retrieval_ttl_s", "embedding_ttl_s")},
        ),
        (
            "How documents are cut and indexed",
            {"fields": ("chunk_words", "chunk_words_most", "hnsw_from")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and not LibraryPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
