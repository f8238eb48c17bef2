"""Addresses of the advice API, mounted at /api/v1/."""

from django.urls import path

from recommendations.api import alerts, connections, streams, views, what_if

urlpatterns = [
    path("network", views.NetworkView.as_view(), name="network"),
    path("nodes", views.SearchView.as_view(), name="nodes"),
    path("node/<str:pubkey>", views.NodeView.as_view(), name="node"),
    path("node/<str:pubkey>/recommendations", views.RuleAdviceView.as_view(), name="recommendations"),
    path("node/<str:pubkey>/recommendations/v2", views.AdviceView.as_view(), name="recommendations-v2"),
    path("node/<str:pubkey>/what-if", what_if.WhatIfView.as_view(), name="what-if"),
    path("alerts", alerts.AlertsView.as_view(), name="alerts"),
    path("alerts/read", alerts.AlertsReadView.as_view(), name="alerts-read"),
    path("connections", connections.ConnectionsView.as_view(), name="connections"),
    path("recommendations/<uuid:key>", views.RecommendationView.as_view(), name="recommendation"),
    path("recommendations/<uuid:key>/state", views.StateView.as_view(), name="recommendation-state"),
    path(
        "streaming/node/<str:pubkey>/recommendations", streams.AdviceStream.as_view(), name="streaming-recommendations"
    ),
    path("streaming/node/<str:pubkey>/analysis", streams.AnalysisStream.as_view(), name="streaming-analysis"),
]
