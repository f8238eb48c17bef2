"""Choose the network that search and pages speak of when none is named."""

from django.db import transaction

from recommendations.models import Network


def make_default(network: Network) -> None:
    """Make `network` the default one; the one before keeps everything but that."""
    with transaction.atomic():
        Network.objects.select_for_update().filter(is_default=True).update(is_default=False)
        Network.objects.filter(pk=network.pk).update(is_default=True)
