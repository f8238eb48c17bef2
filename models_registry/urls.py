"""Addresses at the root of the site: the gateway's, and the page that shows what it decides.

Those of OpenAI's clients are served past Django's middleware (lnrag_site/express.py); here the same doors are Django's.
"""

from django.urls import path, re_path

from models_registry import views
from models_registry.api import gateway
from models_registry.api.openai.doors import ADDRESSES, NOTHING_HERE
from models_registry.api.openai.framing import as_view

app_name = "models_registry"
urlpatterns = [
    path("models/usage", views.usage, name="usage"),
    path("models/usage.csv", views.usage_csv, name="usage-csv"),
    path("models/usage/turns/<uuid:key>/stop", views.stop_turn, name="stop-turn"),
    path("models/rollouts", views.rollouts, name="rollouts"),
    path("models/rollouts/<slug:slug>", views.rollout, name="rollout"),
    path("models/rollouts/<slug:slug>/<slug:move>", views.move_rollout, name="move-rollout"),
    path("gateway/models", gateway.ModelsView.as_view(), name="gateway-models"),
    path("gateway/route", gateway.RouteView.as_view(), name="gateway-route"),
    path("gateway/stats", gateway.StatsView.as_view(), name="gateway-stats"),
    *(path(f"v1/{route}", as_view(door), name=name) for route, name, door in ADDRESSES),
    re_path(r"^v1/?$", as_view(NOTHING_HERE), name="openai"),
]
