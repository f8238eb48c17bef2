"""Addresses of the feedback API, mounted at /api/v1/."""

from django.urls import path

from feedback.api import views

urlpatterns = [
    path("feedback/ratings", views.RatingView.as_view(), name="ratings"),
    path("recommendations/<uuid:key>/impact", views.ImpactView.as_view(), name="impact"),
]
