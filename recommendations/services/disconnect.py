"""Forget a connected node: its credential and everything it told goes; the public graph and given advice stay."""

import logging

from django.db import connection, transaction

from recommendations.models import NodeConnection

logger = logging.getLogger(__name__)
# A busy node has a hundred thousand of each; the ORM would fetch them to delete them.
LARGE = ("forward", "failedforward", "channelcost", "uptimeday", "privatechannel", "closedchannel")


def disconnect(row: NodeConnection) -> None:
    """Delete a connection with its private data. What is under way meanwhile stores nothing any more."""
    with transaction.atomic():
        NodeConnection.objects.select_for_update().get(pk=row.pk)
        with connection.cursor() as cursor:
            for table in LARGE:
                cursor.execute(
                    f"DELETE FROM recommendations_{table} WHERE connection_id = %s",  # noqa: S608 - names of this file
                    [row.pk],
                )
        row.delete()
    logger.info("recommendations.node.disconnected", extra={"kind": row.kind})
