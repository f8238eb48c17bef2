"""What an answer of each kind looks like: the parts of its analysis, and how many items it holds. Pure.

The same parts stand in the schema a model must keep, in what the rules say without one, and in the API's answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models_registry.domain.query_types import QueryType

MOST_POINTS = 5
MOST_SHOWN = 20  # what a caller may ask for at most


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an analysis. A list holds sentences; `is_ours` marks what a model may not word: numbers, mostly."""

    name: str
    is_list: bool = False
    least: int = 0
    most: int = 6
    is_ours: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of what a model writes here."""
        text = {"type": "string"}
        if not self.is_list:
            return text
        return {"type": "array", "items": text, "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of one kind of answer, the items a model may choose, and the items shown at most."""

    parts: tuple[Part, ...]
    most_chosen: int = 6
    most_shown: int = MOST_SHOWN

    @property
    def spoken(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.is_ours)

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the analysis that a model writes."""
        properties = {part.name: part.schema() for part in self.spoken}
        return {"type": "object", "properties": properties, "required": [self.spoken[0].name]}


SHAPES: Mapping[QueryType, Shape] = {
    QueryType.QUICK: Shape(
        parts=(Part("key_points", is_list=True, least=3, most=MOST_POINTS),), most_chosen=3, most_shown=5
    ),
    QueryType.DETAILED: Shape(
        parts=(
            Part("performance"),
            Part("strengths", is_list=True),
            Part("weaknesses", is_list=True),
            Part("limits", is_list=True, is_ours=True, most=24),
            Part("follow_up", is_list=True, is_ours=True),
        )
    ),
    QueryType.STRATEGIC: Shape(
        parts=(
            Part("horizon", is_ours=True),
            Part("position"),
            Part("growth"),
            Part("liquidity"),
            Part("risk"),
            Part("return_on_capital"),
            Part("steps", is_list=True, is_ours=True),
        )
    ),
    QueryType.TECHNICAL: Shape(
        parts=(Part("explanation"), Part("example", is_ours=True), Part("consequences", is_list=True)),
        most_chosen=3,
        most_shown=4,
    ),
    QueryType.SCORING: Shape(
        parts=(Part("comparison"), Part("scores", is_list=True, is_ours=True, most=MOST_SHOWN)),
        most_chosen=3,  # its answers hold few tokens
    ),
    QueryType.TROUBLESHOOTING: Shape(
        parts=(
            Part("cause"),
            Part("diagnosis", is_list=True),
            Part("fix", is_list=True),
            Part("prevention", is_list=True),
        ),
        most_shown=6,
    ),
}


def merged(ours: Mapping[str, Any], said: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Return the analysis with a model's checked words where it said any, and the rules' own everywhere else."""
    spoken = {part.name for part in shape.spoken}
    return {
        part.name: (said.get(part.name) if part.name in spoken else None) or ours[part.name] for part in shape.parts
    }
