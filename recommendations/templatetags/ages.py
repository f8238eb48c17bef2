"""Say how long ago something was, for people."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

register = template.Library()
JUST_NOW = timedelta(minutes=1)


@register.filter
def ago(moment: datetime | None) -> str:
    """Return `just now`, or the two largest units: `3 hours, 5 minutes ago`; "" when it is not known."""
    if moment is None:
        return ""
    now = timezone.now()
    return "just now" if now - moment < JUST_NOW else f"{timesince(moment, now)} ago"
