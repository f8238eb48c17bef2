"""What the API's description says beyond the views: the version header that every call needs."""

from typing import Any

from django.conf import settings

from lnrag_site.middleware import VERSION_FREE, VERSION_HEADER, VERSIONED

METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def require_version(result: dict[str, Any], **_future: object) -> dict[str, Any]:
    """Add the version header to every call that is refused without it."""
    for path, operations in result.get("paths", {}).items():
        if path.startswith(VERSIONED) and not VERSION_FREE.match(path):
            for method in METHODS & operations.keys():
                operations[method].setdefault("parameters", []).append(_header())
    return result


def _header() -> dict[str, Any]:
    return {
        "name": VERSION_HEADER,
        "in": "header",
        "required": True,
        "description": "The version of the API that the caller was written for. Absent: 400. Different: 426.",
        "schema": {"type": "string", "enum": [settings.API_VERSION], "default": settings.API_VERSION},
    }
