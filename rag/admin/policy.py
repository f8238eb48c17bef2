"""What holds for every question."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from rag.models import LibraryPolicy


@admin.register(LibraryPolicy)
class LibraryPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """One row: it can be changed, and made where none was loaded."""

    list_display = ("__str__", "top_k", "confidence_threshold", "answer_ttl_s")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and not LibraryPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
