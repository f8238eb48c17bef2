"""Addresses at the root of the site: the gateway's, closed until it is built."""

from django.urls import re_path

from models_registry.api.views import ClosedGateway

app_name = "models_registry"
urlpatterns = [re_path(r"^(?P<area>v1|gateway)(?P<rest>/.*)?$", ClosedGateway.as_view(), name="gateway")]
