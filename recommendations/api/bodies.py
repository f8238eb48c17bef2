"""The JSON bodies of the advice API (FEATURES V2-04, V2-10). Shapes only."""

from datetime import datetime
from typing import Any

from recommendations.domain.advice import Priority
from recommendations.models import Recommendation
from recommendations.services.collect import Advice


def rule_advice_body(advice: Advice, *, category: str | None, priority: str | None) -> dict[str, Any]:
    """Return the rules' answer, filtered; the counts are of what is returned."""
    items = [
        item
        for item in advice.recommendations
        if (category is None or item["category"] == category) and (priority is None or item["priority"] == priority)
    ]
    return {
        "pubkey": advice.completed["pubkey"],
        "recommendations": items,
        "total_count": len(items),
        "by_priority": {level.value: sum(item["priority"] == level for item in items) for level in Priority},
        "insufficient": advice.technical["insufficient"],
        "summary": advice.spoken["summary"],
        "network": advice.completed["network"],
        "version": "v1",
        "degraded": False,
        "metadata": _metadata(advice),
    }


def advice_body(advice: Advice, *, at: datetime) -> dict[str, Any]:
    """Return the v2 answer."""
    completed = advice.completed
    return {
        "pubkey": completed["pubkey"],
        "recommendations": list(advice.recommendations),
        "analysis": advice.spoken["analysis"],
        "summary": advice.spoken["summary"],
        "total_count": completed["total_count"],
        "by_priority": completed["by_priority"],
        "generated_at": at.isoformat(),
        "model_used": completed["model_used"],
        "quality_score": completed["quality_score"],
        "version": "v2",
        "degraded": completed["degraded"],
        "note": completed["note"],
        "sources": _sources(advice),
        "network": completed["network"],
        "node_info": advice.node,
        "insufficient": advice.technical["insufficient"],
        "metadata": _metadata(advice),
    }


def recommendation_body(row: Recommendation) -> dict[str, Any]:
    """Return a tracked recommendation with its state and times; None where a step was not taken."""
    times = {
        name: getattr(row, name) for name in ("generated_at", "viewed_at", "applied_at", "rejected_at", "expired_at")
    }
    shown = {name: value for name, value in row.payload.items() if name != "baseline"}
    return {
        **shown,
        "id": str(row.pk),
        "tracking_id": row.tracking_id,
        "state": row.state,
        "note": row.note,
        "reject_reason": row.reject_reason,
        **{name: moment.isoformat() if moment else None for name, moment in times.items()},
    }


def _metadata(advice: Advice) -> dict[str, Any]:
    completed = advice.completed
    return {
        "run_id": completed["run_id"],
        "query_type": completed["analysis_type"],
        "engine": completed["engine"],
        "profile": completed["profile"],
        "held_back": completed["held_back"],
        "generation_time_ms": completed["processing_time_ms"],
        "quality_score": completed["quality_score"],
        "quality_components": completed["quality_components"],
        "recommendations_count": completed["total_count"],
        "model": completed["model_used"],
        "scored": True,
        "tracked": True,
        "cached": completed["cached"],
    }


def _sources(advice: Advice) -> list[dict[str, Any]]:
    """Return the distinct passages that the recommendations cite."""
    cited = (citation for item in advice.recommendations for citation in item["citations"])
    return list({(citation["document_uid"], citation["breadcrumb"]): citation for citation in cited}.values())
