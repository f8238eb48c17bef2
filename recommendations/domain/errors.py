"""What can go wrong with graphs and nodes. Named for what the caller may do.

RecommendationError
├── NotFound                 tell who asked: there is no such thing here
│   ├── NodeNotFound         offer the search
│   └── NetworkNotFound      offer an import or the demo
└── GraphError               tell who imports: nothing was stored
    ├── GraphFileBroken      mend or export the file again; names record and field
    ├── GraphFileTooLarge    raise the limit, or import on the command line
    ├── SnapshotTooOld       import it into a network of its own
    └── SnapshotConflict     another file already tells that moment: give --as-of
"""

from datetime import datetime


class RecommendationError(Exception):
    """Base of every failure of this floor. The message is for people: what is wrong, and the next step."""

    code = "recommendation_error"


class NotFound(RecommendationError):
    code = "not_found"


class NodeNotFound(NotFound):
    code = "node_not_found"

    def __init__(self, pubkey: str) -> None:
        super().__init__("No node with this key stands in the graph. Search by alias, or import a newer graph.")
        self.pubkey = pubkey


class NetworkNotFound(NotFound):
    code = "network_not_found"

    def __init__(self, slug: str | None = None) -> None:
        which = f"There is no network {slug!r}" if slug else "No graph has been imported yet"
        super().__init__(f"{which}. Import one: manage.py import_graph FILE, or load the demo: manage.py demo_network.")
        self.slug = slug


class GraphError(RecommendationError):
    code = "graph_error"


class GraphFileBroken(GraphError):
    """A graph file that cannot be read: `record` says where, `field` what, `reason` why."""

    code = "graph_file_broken"

    def __init__(self, *, record: str, field: str, reason: str) -> None:
        super().__init__(f"The graph file is broken at {record}, field {field}: {reason}. Nothing was stored.")
        self.record, self.field, self.reason = record, field, reason


class GraphFileTooLarge(GraphError):
    code = "graph_file_too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        megabytes = limit_bytes // 1024**2
        super().__init__(
            f"The graph file holds more than {megabytes} MB. Nothing was stored. Raise GRAPH_UPLOAD_MAX_MB to import it."
        )
        self.limit_bytes = limit_bytes


class SnapshotTooOld(GraphError):
    code = "snapshot_too_old"

    def __init__(self, *, network: str, as_of: datetime, newest: datetime) -> None:
        super().__init__(
            f"This graph is of {as_of:%Y-%m-%d %H:%M} UTC, but {network} already stands at {newest:%Y-%m-%d %H:%M} UTC; "
            f"history is only written forward. Nothing was stored. Import it under another name with --network."
        )
        self.network, self.as_of, self.newest = network, as_of, newest


class SnapshotConflict(GraphError):
    code = "snapshot_conflict"

    def __init__(self, *, network: str, as_of: datetime) -> None:
        super().__init__(
            f"Another file already tells the state of {network} at {as_of:%Y-%m-%d %H:%M:%S} UTC. Nothing was stored. "
            f"If this one is of another moment, say so with --as-of."
        )
        self.network, self.as_of = network, as_of
