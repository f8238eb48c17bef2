"""Embedding spaces."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from models_registry.admin import ReadOnlyLedger
from rag.models import IndexVersion


@admin.register(IndexVersion)
class IndexVersionAdmin(ReadOnlyLedger):
    list_display = ("slug", "model", "dimension", "version", "is_active", "vectors", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndexVersion]:
        rows: QuerySet[IndexVersion] = super().get_queryset(request)
        return rows.annotate(vector_count=Count("embeddings"))

    @admin.display(description="Vectors", ordering="vector_count")
    def vectors(self, row: Any) -> int:
        return int(row.vector_count)
