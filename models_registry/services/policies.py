"""Put one routing policy in force. One is active at a time; it acts on the next request."""

from django.db import transaction

from models_registry.models import RoutingPolicy


@transaction.atomic
def activate(row: RoutingPolicy) -> bool:
    """Put this policy in force instead of the one before; return False when it was in force already."""
    RoutingPolicy.objects.select_for_update().filter(is_active=True).exclude(pk=row.pk).update(is_active=False)
    return bool(RoutingPolicy.objects.filter(pk=row.pk, is_active=False).update(is_active=True))
