"""Read a query's integers as columns: the server packs them, and no object is made for each value."""

import numpy as np
from django.db.backends.utils import CursorWrapper

from recommendations.domain.network import Ints


def columns(cursor: CursorWrapper, query: str, names: tuple[str, ...], *, of: int) -> dict[str, Ints]:
    """Return integer columns of a query of one network or snapshot (its only parameter), none of them null."""
    packed = " || ".join(f"int8send({name}::bigint)" for name in names)
    cursor.execute(f"SELECT string_agg({packed}, ''::bytea) FROM ({query}) AS row", [of])  # noqa: S608 - our names
    (content,) = cursor.fetchone()
    table = np.frombuffer(content or b"", dtype=">i8").reshape(-1, len(names)).astype(np.int64)
    return {name: table[:, place].copy() for place, name in enumerate(names)}
