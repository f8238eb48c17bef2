"""Remove a network and everything that belongs to it: the demo goes in one click."""

from django.db import connection, transaction
from django.utils import timezone

from recommendations.domain.errors import NetworkNotFound
from recommendations.models import GraphSnapshot, Network
from recommendations.services.store_bulk import remove_unseen

# The hundred thousands go by statement; what is left is little enough for the ORM, which also asks the floors above.
DELETIONS = (
    """DELETE FROM recommendations_policy policy USING recommendations_channel channel
       WHERE policy.channel_id = channel.id AND channel.network_id = %s""",
    "DELETE FROM recommendations_channel WHERE network_id = %s",
    """DELETE FROM recommendations_nodemetrics metrics USING recommendations_graphsnapshot snapshot
       WHERE metrics.snapshot_id = snapshot.id AND snapshot.network_id = %s""",
    """DELETE FROM recommendations_forward forward USING recommendations_nodeconnection connection,
         recommendations_node node
       WHERE forward.connection_id = connection.id AND connection.node_id = node.id AND node.network_id = %s""",
)


def remove_network(slug: str) -> None:
    """Delete a network with its graph, private data, advice and views. If it was the default, the newest other one is.

    :raises NetworkNotFound: when there is none of this name.
    """
    with transaction.atomic():
        network = Network.objects.select_for_update().filter(slug=slug).first()
        if network is None:
            raise NetworkNotFound(f"There is no network {slug!r}.")
        with connection.cursor() as cursor:
            for statement in DELETIONS:
                cursor.execute(statement, [network.pk])
        was_default = network.is_default
        remove_unseen(network.pk, made_before=timezone.now())
        network.delete()
        if was_default:
            _promote_newest()


def _promote_newest() -> None:
    """Make the network with the newest snapshot the default: a real one before a synthetic one."""
    newest = GraphSnapshot.objects.select_related("network").order_by("network__is_synthetic", "-as_of").first()
    if newest is not None:
        newest.network.is_default = True
        newest.network.save(update_fields=["is_default"])
