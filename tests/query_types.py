"""Learns from labeled sentences which words tell a question's kind, writes the table, prints how often it is right.

`python -m tests.query_types` writes models_registry/domain/query_vocabulary_learned.py anew. Every round of sentences
was written after the tables knew the rounds before it; so the rate of a new round, before it is learned, is the honest
one: `python -m tests.query_types 12` measures round 12 with a table learned without it and writes nothing.
"""

import csv
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_registry.domain.query_types import QueryType, clauses, detect_query_type
from models_registry.domain.query_types_learned import (
    POINTS,
    TENTHS,
    by_feature,
    features_of,
)

ROOT = Path(__file__).parent.parent
SAID = ROOT / "tests/models_registry/domain/query_types_said.tsv"
TABLE = ROOT / "models_registry/domain/query_vocabulary_learned.py"
KINDS = tuple(QueryType)
LEAST_SEEN = 3  # a word seen once or twice tells of the sentence, not of the kind
LEAST_TENTHS = 3  # smaller points only make the table long
PENALTY, STEPS, PACE = 1.0, 400, 0.02
WIDTH = 116


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an operator and its kind, labeled by its meaning."""

    round: int
    language: str
    kind: QueryType
    sentence: str


def read_said() -> tuple[Said, ...]:
    """Return all labeled sentences."""
    with SAID.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Said(int(r["round"]), r["language"], QueryType(r["type"]), r["sentence"]) for r in rows)


def learn(said: Sequence[Said]) -> dict[str, str]:
    """Return for each kind its words and their tenths of a point: a softmax regression with a penalty on size."""
    found = [features_of(clauses(each.sentence)) for each in said]
    seen = Counter(feature for features in found for feature in features)
    names = sorted(feature for feature, times in seen.items() if times >= LEAST_SEEN)
    column = {feature: number for number, feature in enumerate(names)}
    present = np.zeros((len(said), len(names)))
    for row, features in enumerate(found):
        present[row, [column[feature] for feature in features if feature in column]] = 1
    weights = _fitted(present, np.eye(len(KINDS))[[KINDS.index(each.kind) for each in said]])
    tenths = np.rint(weights * TENTHS).astype(int)
    return {kind: _table(names, tenths[:, number]) for number, kind in enumerate(KINDS)}


def _fitted(present: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a weight for each feature and kind (Adam, whole batch: the same table from the same sentences)."""
    weights = np.zeros((present.shape[1], labels.shape[1]))
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        logits = present @ weights
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = present.T @ (shares - labels) + PENALTY * weights
        mean, spread = 0.9 * mean + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= PACE * (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    return weights


def _table(names: Sequence[str], tenths: NDArray[np.int_]) -> str:
    kept = [f"{name}:{points}" for name, points in zip(names, tenths, strict=True) if abs(points) >= LEAST_TENTHS]
    return " ".join(kept)


def written(learned: Mapping[str, str]) -> str:
    """Return the module that holds the table."""
    blocks = "".join(f'    "{kind}": """\n{_wrapped(table)}\n    """,\n' for kind, table in learned.items())
    return f'"""{CAPTION}"""\n\nfrom collections.abc import Mapping\n\nLEARNED: Mapping[str, str] = {{\n{blocks}}}\n'


CAPTION = """Tenths of a point by which words and pairs of words tell a question's kind. Pure data, not hand-written.

Learned by `python -m tests.query_types` from the sentences of tests/models_registry/domain/query_types_said.tsv.
"""


def _wrapped(table: str) -> str:
    return "\n".join(
        textwrap.wrap(
            table,
            WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    )


def use(learned: Mapping[str, str]) -> None:
    """Let this process detect with another table."""
    POINTS.clear()
    POINTS.update(by_feature(learned))


def report(said: Sequence[Said]) -> str:
    """Return how many are right, and those that are not."""
    wrong = [each for each in said if detect_query_type(each.sentence) is not each.kind]
    lines = [f"  {each.kind}, not {detect_query_type(each.sentence)}: {each.sentence}" for each in wrong]
    return "\n".join([f"{len(said) - len(wrong)} of {len(said)} right", *lines])


def main(arguments: Sequence[str]) -> None:
    """Measure the round named, or learn from all rounds and write the table."""
    said = read_said()
    if arguments:
        unseen = int(arguments[0])
        use(learn([each for each in said if each.round != unseen]))
        print(report([each for each in said if each.round == unseen]))
        return
    learned = learn(said)
    TABLE.write_text(written(learned), encoding="utf-8")
    use(learned)
    print(report(said))


if __name__ == "__main__":
    main(sys.argv[1:])
