"""What transactions cost, from the samples that were kept. One statement, whatever is kept."""

from datetime import datetime

from django.db import connection

from recommendations.domain import onchain
from recommendations.domain.onchain import OnchainState, Series, Window

SAMPLES = """
SELECT wanted.source, latest.at, latest.sat_vb, windows.*
FROM unnest(%(sources)s::text[]) WITH ORDINALITY AS wanted(source, place)
CROSS JOIN LATERAL (
    SELECT fee.at, fee.sat_vb FROM recommendations_onchainfee fee
    WHERE fee.source = wanted.source AND fee.at <= %(at)s AND fee.at > %(long)s
    ORDER BY fee.at DESC LIMIT 1
) latest
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE fee.at > %(short)s),
           count(*) FILTER (WHERE fee.at > %(short)s AND fee.sat_vb < latest.sat_vb),
           count(*) FILTER (WHERE fee.at > %(short)s AND fee.sat_vb = latest.sat_vb),
           min(fee.at) FILTER (WHERE fee.at > %(short)s),
           count(*),
           count(*) FILTER (WHERE fee.sat_vb < latest.sat_vb),
           count(*) FILTER (WHERE fee.sat_vb = latest.sat_vb),
           min(fee.at)
    FROM recommendations_onchainfee fee
    WHERE fee.source = wanted.source AND fee.at <= %(at)s AND fee.at > %(long)s
) windows
ORDER BY wanted.place
"""


def node_series(connection_id: int) -> str:
    """Return the name under which one connected node's own estimates are kept: they are its owner's alone to use."""
    return f"node:{connection_id}"


def onchain_state(at: datetime, *, connection_id: int | None = None) -> OnchainState:
    """Return what a transaction costs at `at`, and its percentiles; UNKNOWN without fresh samples. One query.

    :param connection_id: the reader's own connected node, whose estimates count for them where nothing better is known.
    """
    own = () if connection_id is None else (node_series(connection_id),)
    with connection.cursor() as cursor:
        cursor.execute(
            SAMPLES,
            {
                "sources": [onchain.PUBLIC, onchain.OPERATOR, *own],
                "at": at,
                "short": at - onchain.SHORT_WINDOW,
                "long": at - onchain.LONG_WINDOW,
            },
        )
        series = tuple(_series(*row) for row in cursor.fetchall())
    return onchain.onchain_state(series, at=at)


def _series(source: str, latest_at: datetime, latest_sat_vb: float, *figures: object) -> Series:
    return Series(source, latest_at, latest_sat_vb, Window(*figures[:4]), Window(*figures[4:]))  # type: ignore[arg-type]  # rows are untyped
