"""Whether anything has changed that a turn of advice about public facts depends on: one statement, one mark.

Rows are told apart by the transaction that wrote them; of those that are rewritten all the time (when a host was seen,
how often a breaker was asked) by the columns that matter.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from models_registry.models import (
    Breaker,
    LanguageModel,
    Provider,
    Rollout,
    Route,
    RoutingPolicy,
    RoutingRule,
    Strategy,
    Tier,
    UserTier,
    Variant,
)
from rag.models import LibraryPolicy, PromptRevision, Source
from recommendations.domain.advice import State
from recommendations.models import (
    ChannelLimit,
    Enrichment,
    GraphSnapshot,
    Network,
    Node,
    NodeConnection,
    NodeMetrics,
    NodeStance,
    OnchainFee,
    OutsideReading,
    Recommendation,
    Threshold,
    TrackRecord,
    WeightRevision,
)

WRITTEN = "count(*) || ':' || coalesce(sum(xmin::text::bigint), 0)"
HASHED = "count(*) || ':' || coalesce(sum(hashtextextended((to_jsonb(kept) - '{noise}'::text[])::text, 0)), 0)"
WHOLE: tuple[type[Model], ...] = (
    *(Threshold, WeightRevision, TrackRecord, Network, GraphSnapshot, Source, PromptRevision, LibraryPolicy),
    *(Route, RoutingPolicy, RoutingRule, Strategy, Tier, UserTier, Rollout, Variant),
)
NOISE: dict[type[Model], str] = {  # what is rewritten without meaning another voice
    Provider: "{checked_at, health_note, seed}",
    LanguageModel: "{seen_at, resident_until, vram_share, digest_since, seed}",
    Enrichment: "{answered_at, tried_at, free_at, message, seed}",
}
DECIDED = [State.APPLIED.value, State.REJECTED.value, State.VIEWED.value]


def _table(model: type[Model]) -> str:
    return model._meta.db_table


US = "node_id IN (SELECT id FROM us)"


def _told(what: str, model: type[Model], *, where: str = "true") -> str:
    return f"(SELECT {what} FROM {_table(model)} AS kept WHERE {where})"  # noqa: S608 - our own tables and words


MARKS = (
    *(_told(WRITTEN, model) for model in WHOLE),
    *(_told(HASHED.format(noise=noise), model) for model, noise in NOISE.items()),
    _told("string_agg(name || ' ' || state, ',' ORDER BY id)", Breaker),
    _told("max(at)::text", OnchainFee),
    _told(WRITTEN, OutsideReading, where="pubkey IN ('', %(pubkey)s)"),
    _told(WRITTEN, NodeMetrics, where=US),
    _told(
        "string_agg(id || ':' || state, ',' ORDER BY id)",
        Recommendation,
        where=f"{US} AND connection_id IS NULL AND state = ANY(%(decided)s)",
    ),
)
OWN = " OR ".join(f"EXISTS {_told('', model, where=US)}" for model in (NodeConnection, NodeStance, ChannelLimit))
STATEMENT = f"""
WITH us AS (SELECT id, xmin FROM {_table(Node)} WHERE pubkey = %(pubkey)s AND until_snapshot_id IS NULL)
SELECT CASE WHEN NOT EXISTS (SELECT FROM us) OR {OWN} THEN NULL ELSE
  md5(concat_ws('|', (SELECT string_agg(id || ':' || xmin, ',' ORDER BY id) FROM us), {", ".join(MARKS)})) END
"""  # noqa: S608 - our own tables


def public_standing(pubkey: str, *, at: datetime) -> str | None:
    """Return a mark of all that advice from public facts of this node rests on, in this ISO week; one statement.

    None: there is no such node, or somebody keeps private data or limits for it, and what is said depends on who asks.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, names_for(pubkey))
        (mark,) = cursor.fetchone()
    return in_week(mark, at=at)


def names_for(pubkey: str) -> dict[str, Any]:
    """Return what STATEMENT asks for."""
    return {"pubkey": pubkey, "decided": DECIDED}


def in_week(mark: str | None, *, at: datetime) -> str | None:
    """Return the mark that STATEMENT returned, with the ISO week: advice is counted by weeks."""
    year, week, _ = at.isocalendar()
    return None if mark is None else f"{mark}-{year}-{week}"
