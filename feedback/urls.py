"""Page addresses of the feedback floor: small forms on a recommendation, and what came of it."""

from django.urls import path

from feedback.views import deciding
from feedback.views.impact import impact

app_name = "feedback"

urlpatterns = [
    path("impact/", impact, name="impact"),
    path("recommendations/<uuid:key>/apply/", deciding.apply, name="apply"),
    path("recommendations/<uuid:key>/dismiss/", deciding.dismiss, name="dismiss"),
    path("recommendations/<uuid:key>/undo/", deciding.undo, name="undo"),
    path("recommendations/<uuid:key>/rate/", deciding.rate_recommendation, name="rate"),
    path("answers/<uuid:key>/rate/", deciding.rate_answer, name="rate_answer"),
]
