"""What if, for programs: findings, scores, standing and revenue before and after supposed changes. Stores nothing."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from models_registry.domain.scopes import Scope
from recommendations.api.asking import node_key
from recommendations.api.serializers import GOALS
from recommendations.domain.comparing import Pair, counts
from recommendations.domain.facts import NodeFacts
from recommendations.domain.payload import flat
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.units import normalize_node_key
from recommendations.domain.what_if import (
    LEAST_SIZE_SAT,
    MOST_BASE_MSAT,
    MOST_PPM,
    MOST_SIZE_SAT,
    BalanceChange,
    Change,
    Closing,
    FeeChange,
    Opening,
)
from recommendations.services.what_if import WhatIf, what_if

NEEDED = {
    "fee": ("channel",),
    "balance": ("channel", "local_ratio"),
    "close": ("channel",),
    "open": ("peer", "size_sat"),
}
ONE_PRICE = "Give fee_ppm, base_fee_msat, or both."
NO_KEY = "Expected a node key: 66 hexadecimal digits that start with 02 or 03."


class ChangeIn(serializers.Serializer[None]):
    """One supposition; which fields it needs follows from its kind."""

    kind = serializers.ChoiceField(choices=tuple(NEEDED))
    channel = serializers.CharField(max_length=40, required=False)
    fee_ppm = serializers.IntegerField(min_value=0, max_value=MOST_PPM, required=False)
    base_fee_msat = serializers.IntegerField(min_value=0, max_value=MOST_BASE_MSAT, required=False)
    local_ratio = serializers.FloatField(min_value=0, max_value=1, required=False)
    peer = serializers.CharField(max_length=80, required=False)
    size_sat = serializers.IntegerField(min_value=LEAST_SIZE_SAT, max_value=MOST_SIZE_SAT, required=False)

    def validate_peer(self, value: str) -> str:
        key = normalize_node_key(value)
        if key is None:
            raise serializers.ValidationError(NO_KEY)
        return key

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in NEEDED[attrs["kind"]] if name not in attrs]
        if missing:
            raise serializers.ValidationError({missing[0]: "This kind of change needs it."})
        if attrs["kind"] == "fee" and not {"fee_ppm", "base_fee_msat"} & attrs.keys():
            raise serializers.ValidationError({"fee_ppm": ONE_PRICE})
        return attrs


class WhatIfIn(serializers.Serializer[None]):
    """What is supposed, in its order; at most ten changes."""

    changes = ChangeIn(many=True, allow_empty=False)
    goal = serializers.ChoiceField(choices=GOALS, default="balanced")
    network = serializers.SlugField(required=False)


class WhatIfView(APIView):
    """What the rules would say if fees, balances or channels were otherwise."""

    scope = Scope.ADVICE

    @extend_schema(request=WhatIfIn, responses=dict)
    def post(self, request: Request, pubkey: str) -> Response:
        form = WhatIfIn(data=request.data)
        form.is_valid(raise_exception=True)
        words = form.validated_data
        changes = [_change(one) for one in words["changes"]]
        result = what_if(
            node_key(pubkey),
            changes,
            user=request.user,
            network=words.get("network"),
            goal=words["goal"],
            at=timezone.now(),
        )
        return Response(_body(result))


def _change(words: dict[str, Any]) -> Change:
    match words["kind"]:
        case "fee":
            return FeeChange(words["channel"], words.get("fee_ppm"), words.get("base_fee_msat"))
        case "balance":
            return BalanceChange(words["channel"], words["local_ratio"])
        case "close":
            return Closing(words["channel"])
        case _:
            return Opening(words["peer"], words["size_sat"], words.get("fee_ppm"))


def _body(result: WhatIf) -> dict[str, Any]:
    total = result.revenue_sum
    return {
        "pubkey": result.before.pubkey,
        "network": result.before.network.slug,
        "as_of": result.before.as_of.isoformat(),
        "findings": [_pair(pair) for pair in result.pairs],
        "counts": counts(result.pairs),
        "standing": {"before": _standing(result.before), "after": _standing(result.after)},
        "revenue": {
            "horizon_days": 30,
            "low_sat": total[0] if total else None,
            "high_sat": total[1] if total else None,
            "changes": [flat(part) for part in result.revenue],
        },
    }


def _pair(pair: Pair) -> dict[str, Any]:
    sides = {name: _side(side) for name, side in (("before", pair.before), ("after", pair.after))}
    return {"fate": pair.fate.value, "finding_key": pair.any.finding_key, "rule": pair.any.rule, **sides}


def _side(item: ScoredRecommendation | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "title": item.title,
        "explanation": item.explanation,
        "target": item.target,
        "priority": item.priority.value,
        "score": item.score,
        "confidence": item.confidence,
        "impact_factors": flat(item.factors),
        "gain": None if item.gain is None else flat(item.gain),
    }


def _standing(facts: NodeFacts) -> dict[str, Any]:
    return {"capacity_sat": facts.capacity_sat, "channel_count": len(facts.channels), **flat(facts.standing)}
