"""Every address the server answers. Pages stand at the root; programs call /api/v1/, each floor bringing its own."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from lnrag_site import accounts, guide, health, views

api: list[URLPattern | URLResolver] = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("models_registry.api.urls")),
    path("", include("rag.api.urls")),
    path("", include("recommendations.api.urls")),
    path("", include("feedback.api.urls")),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("status/", views.status, name="status"),
    path("help/", guide.index, name="help-index"),
    path("help/<slug:slug>/", guide.page, name="help"),
    path("signin/", accounts.sign_in, name="signin"),
    path("signout/", accounts.sign_out, name="signout"),
    path("account/password/", accounts.password, name="account-password"),
    path("favicon.ico", RedirectView.as_view(url=static("img/favicon.svg"), permanent=True)),
    path("admin/", admin.site.urls),
    path("health", health.health, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", views.MetricsView.as_view(), name="metrics"),
    path("api/v1/", include(api)),
    path("", include("recommendations.urls")),
    path("", include("rag.urls")),
    path("", include("feedback.urls")),
    path("", include("models_registry.urls")),
]

handler403 = "lnrag_site.views.forbidden"
handler404 = "lnrag_site.views.not_found"
handler500 = "lnrag_site.views.broken"
