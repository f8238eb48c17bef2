"""The short way to an answer that was given before: by the same key, at the same address, with nothing changed since.

An answer of `AdviceView` that came from memory is noted here as the bytes it was. The next call of its kind is told
from them before Django is asked at all; see `lnrag_site.express`.
"""

import hashlib
import re
import secrets
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from models_registry.models import ApiKey
from rag.domain.events import Event, EventType
from recommendations.api.bodies import advice_body
from recommendations.queries.standing import public_standing
from recommendations.services import replay
from recommendations.services.collect import gathered
from recommendations.services.prepare import AdviceRequest
from recommendations.services.recommend import bounded
from recommendations.services.tell_again import Answer, Asker, Telling, memory, told_again

ENDPOINT = "recommendations-v2"  # the name its times are counted under
HEADERS = (  # as DRF and our middleware send them
    (b"content-type", b"application/json"),
    (b"allow", b"GET, HEAD, OPTIONS"),
    (b"x-api-version", settings.API_VERSION.encode()),
)


async def answer_again(authorization: str, path: str, query: bytes) -> bytes | None:
    """Return the body that answers this call, or None: then it is Django's."""
    place = _place(authorization, path, query)
    return await told_again(place, authorization, at=timezone.now()) if place in memory else None


def note(request: Request, asked: AdviceRequest, *, at: datetime) -> None:
    """Keep the answer to this call for the next one like it, if it is one that may be told again."""
    served, key = request._request, request.auth
    if not isinstance(served, ASGIRequest) or not isinstance(key, ApiKey):
        return
    place = _place(request.headers["Authorization"], served.scope["path"], served.scope["query_string"])
    standing = None if place in memory else public_standing(asked.pubkey, at=at)
    turn = replay.kept(replay.mark_under(standing, bounded(replace(asked, is_held=True)))) if standing else None
    if standing and turn and turn.until:
        parts = _parts(turn)
        size_bytes, body = sum(map(len, parts)), partial(_joined, parts)
        memory.keep(place, Answer(asked.pubkey, standing, Asker.of(key), turn, turn.until, size_bytes, body))


def _place(authorization: str, path: str, query: bytes) -> str:
    """Return what an answer is kept under; the key itself is not stored."""
    return hashlib.sha256(b"\0".join((authorization.encode("latin-1"), path.encode(), query))).hexdigest()


def _parts(turn: replay.Kept) -> tuple[bytes, ...]:
    """Return the body cut where a telling's own values go: every second part is the name of one.

    The body is made once with values that nobody can foresee, and cut at these.
    """
    stand_in = Telling(
        at=datetime(1, 1, 1, tzinfo=UTC).replace(second=secrets.randbelow(60), microsecond=secrets.randbelow(10**6)),
        run_id=uuid.uuid4(),
        processing_ms=secrets.randbelow(10**15) + 10**15,
    )
    spoken = {"run_id": str(stand_in.run_id), "processing_time_ms": stand_in.processing_ms}
    complete = Event(EventType.COMPLETE, 100, {**turn.completed, **spoken})
    advice = gathered((*turn.told(at=stand_in.at), complete))
    text = bytes(JSONRenderer().render(advice_body(advice, at=stand_in.at)))
    names = {value: name for name, value in _values(stand_in).items()}
    cut = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", text)
    return tuple(names[part] if place % 2 else part for place, part in enumerate(cut))


def _joined(parts: tuple[bytes, ...], telling: Telling) -> bytes:
    values = _values(telling)
    return b"".join(values[part] if place % 2 else part for place, part in enumerate(parts))


def _values(telling: Telling) -> dict[bytes, bytes]:
    return {
        b"at": telling.at.isoformat().encode(),
        b"run_id": str(telling.run_id).encode(),
        b"processing_ms": str(telling.processing_ms).encode(),
    }
