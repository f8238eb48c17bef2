"""Addresses of the knowledge floor below /api/v1/."""

from django.urls import path

from rag.api import documents, filling, operations, views

urlpatterns = [
    path("rag/query", views.QueryView.as_view(), name="api-rag-query"),
    path("rag/retrieve", views.RetrieveView.as_view(), name="api-rag-retrieve"),
    path("rag/generate", operations.GenerateView.as_view(), name="api-rag-generate"),
    path("rag/embed", operations.EmbedView.as_view(), name="api-rag-embed"),
    path("rag/ingest", filling.IngestView.as_view(), name="api-rag-ingest"),
    path("rag/index-file", filling.IndexFileView.as_view(), name="api-rag-index-file"),
    path("rag/ingestions/<uuid:key>", filling.IngestionView.as_view(), name="api-rag-ingestion"),
    path("rag/dead-letters", filling.DeadLettersView.as_view(), name="api-rag-dead-letters"),
    path("rag/dead-letters/retry", filling.RetryView.as_view(), name="api-rag-dead-letters-retry"),
    path("rag/documents", documents.DocumentsView.as_view(), name="api-rag-documents"),
    path("rag/documents/<int:key>", documents.DocumentView.as_view(), name="api-rag-document"),
    path("rag/reindex", operations.ReindexView.as_view(), name="api-rag-reindex"),
    path("rag/cache", operations.CacheView.as_view(), name="api-rag-cache"),
    path("rag/stats", views.StatsView.as_view(), name="api-rag-stats"),
    path("rag/health", views.HealthView.as_view(), name="api-rag-health"),
    path("streaming/rag/query", views.StreamQueryView.as_view(), name="api-streaming-rag-query"),
    path("streaming/health", views.StreamHealthView.as_view(), name="api-streaming-health"),
]
