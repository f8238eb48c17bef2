"""What can go wrong with nodes, advice and graphs. Named for what the caller may do.

RecommendationsError
├── NodeKeyInvalid           do not try again: it is not a node key
├── AdviceFailed             tell who asked: the turn ended with `error`
├── MoveNotAllowed           offer what its state allows
├── SealBroken               ask for the credential again
├── NodeAddressRefused       ask for another address: this one may not be read
├── SourceError              a connected node or service: see source_errors.py
├── NotFound                 tell who asked: there is no such thing here
│   ├── NodeNotFound         offer the search
│   ├── NetworkNotFound      offer an import or the demo
│   ├── AlertNotFound        nothing to offer: absent, or not theirs to see
│   ├── RecommendationNotFound  nothing to offer: absent, or not theirs to see
│   └── ConnectionNotFound   nothing to offer: absent, or not theirs to see
└── GraphError               tell who imports: nothing was stored
    ├── GraphFileBroken      mend or export the file again; names record and field
    ├── GraphFileTooLarge    raise the limit, or import on the command line
    ├── SnapshotTooOld       import it into a network of its own
    └── SnapshotConflict     another file already tells that moment: give --as-of
"""

from datetime import datetime

NO_GRAPH = "No graph is imported yet: run manage.py import_graph FILE, or demo_network."


class RecommendationsError(Exception):
    """Base of every failure of this floor. The message is for people: what is wrong, and the next step."""

    code = "recommendations_error"


class NodeKeyInvalid(RecommendationsError):
    code = "node_key_invalid"

    def __init__(self, message: str = "Expected a node key: 66 hexadecimal digits that start with 02 or 03.") -> None:
        super().__init__(message)


class NotFound(RecommendationsError):
    code = "not_found"


class NodeNotFound(NotFound):
    code = "node_not_found"

    def __init__(self, pubkey: str) -> None:
        super().__init__("No node with this key stands in the graph. Search by alias, or import a newer graph.")
        self.pubkey = pubkey


class NetworkNotFound(NotFound):
    code = "network_not_found"

    def __init__(self, message: str = NO_GRAPH) -> None:
        super().__init__(message)


class AlertNotFound(NotFound):
    code = "alert_not_found"

    def __init__(self, key: int) -> None:
        super().__init__("There is no such alert.")
        self.key = key


class RecommendationNotFound(NotFound):
    code = "recommendation_not_found"

    def __init__(self, key: str) -> None:
        super().__init__("There is no such recommendation.")
        self.key = key


class ConnectionNotFound(NotFound):
    code = "connection_not_found"

    def __init__(self, message: str = "There is no such connected node.") -> None:
        super().__init__(message)


class MoveNotAllowed(RecommendationsError):
    code = "move_not_allowed"

    def __init__(self, state: str, target: str) -> None:
        super().__init__(f"A recommendation that is {state} cannot become {target}.")
        self.state, self.target = state, target


class AdviceFailed(RecommendationsError):
    """A turn ended with `error`; `code` is the one the stream carried."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SealBroken(RecommendationsError):
    code = "seal_broken"

    def __init__(
        self, message: str = "A stored credential was sealed with another CREDENTIAL_KEY. Enter the credential again."
    ) -> None:
        super().__init__(message)


class NodeAddressRefused(RecommendationsError):
    code = "node_address_refused"


class GraphError(RecommendationsError):
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
            f"The graph file holds more than {megabytes} MB. Nothing was stored. Raise GRAPH_UPLOAD_MAX_MB."
        )
        self.limit_bytes = limit_bytes


class SnapshotTooOld(GraphError):
    code = "snapshot_too_old"

    def __init__(self, *, network: str, as_of: datetime, newest: datetime) -> None:
        super().__init__(
            f"This graph is of {as_of:%Y-%m-%d %H:%M} UTC, but {network} already stands at {newest:%Y-%m-%d %H:%M} "
            f"UTC; history is only written forward. Nothing was stored. Import it under another name with --network."
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
