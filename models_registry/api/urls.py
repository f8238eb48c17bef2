"""Addresses below /api/v1/."""

from django.urls import path

from models_registry.api import breakers, turns, views

urlpatterns = [
    path("ollama/stats", views.OllamaStats.as_view(), name="ollama-stats"),
    path("circuit-breakers/health", breakers.BreakersHealth.as_view(), name="circuit-breakers-health"),
    path("metrics/circuit-breakers", breakers.BreakersMetrics.as_view(), name="circuit-breakers-metrics"),
    path("streaming/turns/<uuid:key>", turns.TurnView.as_view(), name="streaming-turn"),
]
