"""Scripted advice for the stand-in: documents that keep the contract, or break it in one chosen way."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.servers.ollama import Request

Respond = Callable[[Request], str]

TITLE = "Look at this channel first"
RATIONALE = "Its fee and its balance do not fit what passes through it."


def findings_of(request: Request) -> list[str]:
    """Return the findings the schema of this request lets a model choose among."""
    item = request.body["format"]["properties"]["recommendations"]["items"]
    return list(item["properties"]["finding"]["enum"])


def item(finding: str, **words: Any) -> dict[str, Any]:
    return {"finding": finding, "title": TITLE, "rationale": RATIONALE, "evidence": [], "citations": [], **words}


def advice(items: Sequence[Mapping[str, Any]], **words: Any) -> str:
    """Return the document a model that keeps the contract would write."""
    analysis = {"performance": "Steady.", "strengths": ["Good peers."], "weaknesses": ["Old fees."]}
    return json.dumps({"summary": "A short summary.", "analysis": analysis, "recommendations": list(items), **words})


def says(*changes: Mapping[str, Any], **words: Any) -> Respond:
    """Return a voice that speaks of the first findings, one for each of `changes` to a plain item."""

    def respond(request: Request) -> str:
        chosen = zip(findings_of(request), changes, strict=False)
        return advice([item(finding, **change) for finding, change in chosen], **words)

    return respond
