"""How many alerts the reader has not read, for the navigation: one query, and none for strangers."""

from django import template

from recommendations.queries.alerts import unread_alerts as counted
from recommendations.queries.nodes import Viewer

register = template.Library()


@register.simple_tag
def unread_alerts(user: Viewer) -> int:
    """Return how many alerts of their own nodes this user has not read."""
    return counted(user)
