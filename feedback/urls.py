"""Page addresses of the feedback floor: small forms on a recommendation."""

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("recommendations/<uuid:key>/apply/", views.apply, name="apply"),
    path("recommendations/<uuid:key>/dismiss/", views.dismiss, name="dismiss"),
    path("recommendations/<uuid:key>/undo/", views.undo, name="undo"),
    path("recommendations/<uuid:key>/rate/", views.rate_recommendation, name="rate"),
]
