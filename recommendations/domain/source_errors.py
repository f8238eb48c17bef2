"""What can go wrong with a connected node or service. Named for what the caller may do.

SourceError
├── SourceUnreachable   try again later: no answer, or one that says so (time-out, reset, 5xx, 429)
├── SourceRefused       ask the operator: the credential is wrong or does not allow it
│   └── SourceLacks     ask the operator: this version of the node has no such call, or not the thing asked for
├── SourceBroken        tell the operator: the answer cannot be read; names record and field
├── SourceUntrusted     ask the operator: the certificate is not the one that was handed in
└── SourceMismatch      ask the operator: another node answers than the one that was connected
"""

from recommendations.domain.errors import RecommendationsError


class SourceError(RecommendationsError):
    """Base of every failure of a node or service we read. The message never holds a credential or an answer's text."""

    code = "source_error"


class SourceUnreachable(SourceError):
    code = "source_unreachable"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SourceRefused(SourceError):
    """`ability` names what was not allowed, in the words of the source (a path or a method)."""

    code = "source_refused"

    def __init__(self, message: str, *, ability: str = "") -> None:
        super().__init__(message)
        self.ability = ability


class SourceLacks(SourceRefused):
    code = "source_lacks"


class SourceBroken(SourceError):
    """`record` says where, `field` what, `reason` why."""

    code = "source_broken"

    def __init__(self, *, record: str, field: str, reason: str) -> None:
        super().__init__(f"Unable to read {record}, field {field}: {reason}. Nothing of it was stored.")
        self.record, self.field, self.reason = record, field, reason


class SourceUntrusted(SourceError):
    code = "source_untrusted"


class SourceMismatch(SourceError):
    code = "source_mismatch"
