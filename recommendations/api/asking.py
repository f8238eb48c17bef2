"""Turn a checked API call into a request for advice. Shared by the plain and the streaming doors."""

from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from models_registry.api.authentication import tier_of, unit_of
from models_registry.domain.query_types import QueryType
from recommendations.api.serializers import AdviceQuery
from recommendations.domain.advice import Engine
from recommendations.domain.errors import NodeKeyInvalid
from recommendations.domain.findings.profiles import Profile
from recommendations.domain.units import normalize_node_key
from recommendations.queries.nodes import ensure_known
from recommendations.services.prepare import AdviceRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """The request, and the caller's checked words besides (filters, say)."""

    request: AdviceRequest
    words: dict[str, Any]


def node_key(text: str) -> str:
    """Return the key in lower case.

    :raises NodeKeyInvalid: when it is none.
    """
    key = normalize_node_key(text)
    if key is None:
        raise NodeKeyInvalid
    return key


def asked(
    request: Request, pubkey: str, *, engine: Engine | None, serializer: type[AdviceQuery] = AdviceQuery
) -> Asked:
    """Return what was asked, checked.

    :raises NodeKeyInvalid: :raises NodeNotFound: :raises NetworkNotFound: before anything is streamed.
    :raises rest_framework.exceptions.ValidationError: naming the field.
    """
    key = node_key(pubkey)
    form = serializer(data=request.query_params)
    form.is_valid(raise_exception=True)
    words = dict(form.validated_data)
    advice = AdviceRequest(
        pubkey=key,
        unit=unit_of(request),
        user=request.user,
        user_tier=tier_of(request),
        query_type=QueryType(words["analysis_type"]),
        goal=words["goal"],
        profile=Profile(words["profile"]) if words.get("profile") else None,
        engine=engine,
        lang=words.get("lang", "en"),
        max_results=words["max_results"],
        include_ai=words["include_ai"],
        use_cache=words["use_cache"],
        network=words.get("network"),
    )
    ensure_known(advice.pubkey, network=advice.network, user=request.user)  # a stream could no longer answer 404
    return Asked(advice, words)
