"""Read what programs send, up to a size; and tell whether they may change what everybody reads."""

import codecs
import json
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey

LARGEST_BODY = 16 * 1024 * 1024  # bytes; larger ones go to /rag/index-file as a file


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = f"The body is larger than {LARGEST_BODY // 1024 // 1024} MB. Send it in parts, or as a file."
    default_code = "too_large"


class CappedJsonParser(JSONParser):
    """JSON of at most LARGEST_BODY bytes; Django's own limit does not reach a stream."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return what the body holds.

        :raises BodyTooLarge: when there is more of it.
        :raises ParseError: when it is no JSON.
        """
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            return json.loads(codecs.decode(body, "utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError) as exc:
            raise ParseError("This is no JSON.") from exc


def may_share(request: Request) -> bool:
    """Return whether who asks may change what everybody reads: staff, or a key of nobody made for the library."""
    key = request.auth
    if isinstance(key, ApiKey) and key.user_id is None:
        return Scope.LIBRARY in key.scopes
    return bool(getattr(request.user, "is_staff", False))


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON number.")
