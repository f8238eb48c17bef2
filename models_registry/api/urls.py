"""Addresses below /api/v1/."""

from django.urls import path

from models_registry.api import views

urlpatterns = [path("ollama/stats", views.OllamaStats.as_view(), name="ollama-stats")]
