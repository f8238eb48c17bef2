"""Scripted advice for the stand-in: documents that keep the contract, or break it in one chosen way."""

import json
import re
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


FINDING = re.compile(r"^finding (?P<key>\S+): (?P<title>.*) \(priority.*\n  (?P<why>.*)", re.MULTILINE)
EVIDENCE = re.compile(r"^  evidence (?P<id>\S+): ", re.MULTILINE)


def diligent(request: Request) -> str:
    """Speak as a model that reads: each finding it was told, with the reason and the evidence ids that stand there."""
    told = request.body["messages"][-1]["content"]
    offered, most = findings_of(request), request.body["format"]["properties"]["recommendations"]["maxItems"]
    known = set(EVIDENCE.findall(told))
    found = [match for match in FINDING.finditer(told) if match["key"] in offered][:most]
    items = [
        item(
            match["key"],
            title=match["title"],
            rationale=match["why"],
            evidence=[one for one in sorted(known) if one.startswith(f"{match['key']}:")][:2],
        )
        for match in found
    ]
    parts = request.body["format"]["properties"]["analysis"]["properties"]
    titles = [match["title"] for match in found] * 3  # short: some kinds of answers may hold few tokens
    analysis = {name: titles[:3] if part["type"] == "array" else titles[0] for name, part in parts.items()}
    return advice(items, summary=titles[0], analysis=analysis)
