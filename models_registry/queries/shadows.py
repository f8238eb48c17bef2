"""Read what turns in the shadow came to, each beside the turn that was shown."""

from dataclasses import dataclass

import numpy as np

from models_registry.domain.guardrail import e_value
from models_registry.domain.sequential import PreferenceEvidence, paired_interval
from models_registry.models import Rollout, ShadowRun

MOST_PAIRS = 2000
SEED = 20  # of the resampling: the same rows give the same interval


@dataclass(frozen=True, slots=True)
class ShadowView:
    """One variant in the shadow. Quality 0 to 1; the interval is of "shadow minus shown" over pairs; None: unknown."""

    variant: str
    pairs: int
    waiting: int
    dropped: int
    evidence: PreferenceEvidence
    shown_quality: float | None
    shadow_quality: float | None
    quality_interval: tuple[float, float] | None
    shown_ms: float | None
    shadow_ms: float | None
    broke_contract: int
    ungrounded: int  # of answers: stated what no passage holds

    @property
    def e_value(self) -> float:
        return e_value(self.evidence.log_e)


def shadow_views(row: Rollout) -> tuple[ShadowView, ...]:
    """Return the comparison of every variant that was ever tried in the shadow, the oldest pair first."""
    runs = row.shadows.order_by("pk").values("variant", "state", "shown", "shadow")[:MOST_PAIRS]
    found: dict[str, list[dict[str, object]]] = {}
    for run in runs:
        found.setdefault(str(run["variant"]), []).append(dict(run))
    return tuple(_view(variant, rows) for variant, rows in sorted(found.items()))


def _view(variant: str, rows: list[dict[str, object]]) -> ShadowView:
    done = [row for row in rows if row["state"] == ShadowRun.State.DONE]
    quality, latency = _both(done, "quality"), _both(done, "latency_ms")
    evidence = PreferenceEvidence()
    for shown, shadow in quality:
        evidence = evidence.take(round(shadow - shown, 6))
    differences = [shadow - shown for shown, shadow in quality]
    return ShadowView(
        variant=variant,
        pairs=len(done),
        waiting=sum(row["state"] == ShadowRun.State.WAITING for row in rows),
        dropped=sum(row["state"] in (ShadowRun.State.FAILED, ShadowRun.State.SKIPPED) for row in rows),
        evidence=evidence,
        shown_quality=_mean([shown for shown, _ in quality]),
        shadow_quality=_mean([shadow for _, shadow in quality]),
        quality_interval=paired_interval(differences, rng=np.random.default_rng(SEED)),
        shown_ms=_mean([shown for shown, _ in latency]),
        shadow_ms=_mean([shadow for _, shadow in latency]),
        broke_contract=_count(done, "broke_contract"),
        ungrounded=_count(done, "is_ungrounded"),
    )


def _count(rows: list[dict[str, object]], name: str) -> int:
    return sum(bool(_part(row, "shadow").get(name)) for row in rows)


def _both(rows: list[dict[str, object]], name: str) -> list[tuple[float, float]]:
    """Return the figure of both turns of every pair where both are known."""
    pairs = ((_part(row, "shown").get(name), _part(row, "shadow").get(name)) for row in rows)
    return [(float(one), float(other)) for one, other in pairs if one is not None and other is not None]


def _part(row: dict[str, object], name: str) -> dict[str, float | None]:
    part = row[name]
    return part if isinstance(part, dict) else {}


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
