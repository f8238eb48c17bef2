"""This floor's addresses where the site mounts them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("models_registry.api.urls")),
    path("", include("models_registry.urls")),
]
