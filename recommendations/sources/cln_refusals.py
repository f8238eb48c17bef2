"""Read what Core Lightning's REST plugin means by an answer that is no success."""

import msgspec

from recommendations.domain.source_errors import SourceError, SourceLacks, SourceRefused, SourceUnreachable
from recommendations.sources.cln_shapes import Refusal
from recommendations.sources.http import usual_refusal

NOT_AUTHORIZED, NOT_PERMITTED = 1501, 1502  # of checkrune: not this node's rune; not for this method
UNKNOWN_METHOD, WRONG_PARAMETERS = -32601, -32602


def refusal(status: int, body: bytes, *, call: str, retry_after_s: float | None) -> SourceError:
    """Return the error; nothing of the node's words enters its message."""
    code = _told(body).code
    method = call.rpartition("/")[2]
    if status == 404 or code == UNKNOWN_METHOD:
        return SourceLacks(f"This version of Core Lightning has no {method}. Upgrade it.", ability=method)
    if code == WRONG_PARAMETERS:
        return SourceLacks(f"This version of Core Lightning has an older {method}. Upgrade it.", ability=method)
    if code == NOT_PERMITTED or (status == 403 and code != NOT_AUTHORIZED):
        return SourceRefused(
            f"The rune does not allow {method}. Make one that does, and enter it again.", ability=method
        )
    if status in (401, 403):
        return SourceRefused("Core Lightning does not know this rune. Make one on this node, and enter it again.")
    if status == 500 and code is not None:
        return SourceUnreachable(f"Core Lightning failed at {method} (code {code}).", retry_after_s=retry_after_s)
    return usual_refusal(status, call=call, retry_after_s=retry_after_s)


def _told(body: bytes) -> Refusal:
    try:
        return msgspec.json.decode(body, type=Refusal, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refusal()
