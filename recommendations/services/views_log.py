"""Count that a node was looked at: one row per node and day, which is what warming calls popular."""

from datetime import date

from django.db.models import F

from recommendations.models import Node, NodeView


def record_view(node: Node | int, *, day: date) -> None:
    """Add one view of a node on a day. One statement, safe under concurrency."""
    key = node if isinstance(node, int) else node.pk
    updated = NodeView.objects.filter(node_id=key, day=day).update(count=F("count") + 1)
    if not updated:
        _, is_new = NodeView.objects.get_or_create(node_id=key, day=day, defaults={"count": 1})
        if not is_new:  # somebody else looked in between
            NodeView.objects.filter(node_id=key, day=day).update(count=F("count") + 1)
