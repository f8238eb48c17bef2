"""Who runs what: files that share a served application go to one process, and what takes longest begins first."""

from collections import Counter

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it ships no types

# One process starts each of these applications; spread over three, every one of them would start its own.
SHARED = {"tests/journeys/": "served", "tests/load/": "served", "tests/browser/": "browser"}
# In this order, so that nothing long is left when everything else is done. The rest follows by its number of tests.
LONGEST = (
    "tests/journeys/",
    "tests/load/",
    "tests/browser/",
    "tests/test_floor_plan.py",
    "tests/lnrag_site/test_start.py",
    "tests/rag/test_library_",
    "tests/recommendations/test_real_graphs.py",
    "tests/lnrag_site/test_postgres_server.py",
)


class Shares(LoadFileScheduling):  # type: ignore[misc]  # likewise
    """Whole files as ever, in the order they were collected, and whole folders where they share a server."""

    def _split_scope(self, nodeid: str) -> str:
        folders = (name for folder, name in SHARED.items() if nodeid.startswith(folder))
        return next(folders, super()._split_scope(nodeid))


def put_longest_first(items: list[pytest.Item]) -> None:
    """Sort whole files; within one, the order stays."""
    files = {item: item.nodeid.partition("::")[0] for item in items}
    sizes = Counter(files.values())

    def turn(item: pytest.Item) -> tuple[int, int, str]:
        file = files[item]
        places = (place for place, beginning in enumerate(LONGEST) if file.startswith(beginning))
        return next(places, len(LONGEST)), -sizes[file], file

    items.sort(key=turn)
