"""Addresses of the knowledge floor below /api/v1/."""

from django.urls import path

from rag.api import views

urlpatterns = [
    path("rag/query", views.QueryView.as_view(), name="api-rag-query"),
    path("rag/retrieve", views.RetrieveView.as_view(), name="api-rag-retrieve"),
    path("rag/stats", views.StatsView.as_view(), name="api-rag-stats"),
    path("rag/health", views.HealthView.as_view(), name="api-rag-health"),
    path("streaming/rag/query", views.StreamQueryView.as_view(), name="api-streaming-rag-query"),
    path("streaming/health", views.StreamHealthView.as_view(), name="api-streaming-health"),
]
