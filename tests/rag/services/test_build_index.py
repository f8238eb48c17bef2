"""Indexes: which kind for how many, used by the search, measured against the exact scan, not starved by a filter."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from django.db import connection

from rag.domain.fusion import LEG_DEPTH
from rag.domain.spaces import EXACT_BELOW, LEAST_RECALL
from rag.models import IndexVersion, LibraryPolicy, Source
from rag.services import index_sql
from rag.services.active_space import space_of
from rag.services.build_index import build_index, index_fits
from rag.services.index_recall import tuned
from rag.services.legs_sql import dense_leg, dense_leg_sql, knobs_sql
from rag.services.search_sql import CorpusSums, Reader
from tests.rag.services.vectors import space_row, stored_passages, stored_vectors, unit_vectors

pytestmark = pytest.mark.django_db(transaction=True)
NARROW = 16  # dimensions: enough to have neighbors, and quick to index
ANYONE = Reader.of(None)


@pytest.fixture
def shelf(db: None) -> Source:
    LibraryPolicy.objects.get_or_create()
    return Source.objects.create(slug="made-up", name="Made up", kind=Source.Kind.UPLOAD, is_public=True)


def filled(shelf: Source, count: int, *, dimension: int = NARROW, **values: object) -> IndexVersion:
    row = space_row(f"space-{count}-{dimension}", dimension=dimension, **values)
    stored_vectors(row, shelf, stored_passages(shelf, count), unit_vectors(count, dimension=dimension))
    return row


def nearest(row: IndexVersion, *, at: int = 0, reader: Reader = ANYONE, visible: int = EXACT_BELOW) -> list[int]:
    """Search near the vector of the passage at this place; `visible` passages are more than an exact scan gets."""
    vector = unit_vectors(at + 1, dimension=row.dimension)[at] if at else unit_vectors(1, dimension=row.dimension)[0]
    leg = dense_leg(vector, space=space_of(row), sums=CorpusSums(visible, 10.0), reader=reader)
    return [chunk for chunk, _ in leg]


def plan_of(row: IndexVersion, *, reader: Reader = ANYONE) -> str:
    """Return how the server runs the statement as the search sends it."""
    knobs, statement = knobs_sql(space_of(row)), dense_leg_sql(space_of(row), reader=reader)
    vector = str(unit_vectors(1, dimension=row.dimension)[0].tolist())
    with connection.cursor() as cursor:
        cursor.execute(f"{knobs} EXPLAIN {statement.removeprefix(knobs)}", {"vector": vector} | reader.parameters())
        while cursor.description is None:
            cursor.nextset()
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_size_decides_the_kind_and_one_passage_makes_the_difference(shelf: Source) -> None:
    row = filled(shelf, 19_999)

    build_index(row)
    below = (row.index_kind, index_sql.indexes_of(row.pk))
    stored_vectors(row, shelf, stored_passages(shelf, 1), unit_vectors(1, dimension=NARROW, seed=9))
    fitted = index_fits(row)
    build_index(row)

    assert below == ("exact", ())
    assert not fitted
    assert (row.index_kind, index_fits(row)) == ("hnsw", True)
    assert [one.kind for one in index_sql.indexes_of(row.pk)] == ["hnsw"]
    assert row.measured_recall is not None
    assert row.measured_recall >= LEAST_RECALL


@pytest.mark.parametrize(("kind", "element"), [("hnsw", "vector"), ("hnsw", "halfvec"), ("ivfflat", "vector")])
def test_the_search_uses_the_index_also_with_filters(shelf: Source, kind: str, element: str) -> None:
    row = filled(shelf, 4000, forced_kind=kind, element=element)

    build_index(row)

    for reader in (ANYONE, Reader.of(None, sources=(shelf.pk,), languages=("en", "fr"))):
        assert f"Index Scan using rag_space_{row.pk}_{kind}_{element}" in plan_of(row, reader=reader)
        assert len(nearest(row, reader=reader)) == LEG_DEPTH


@pytest.mark.parametrize("kind", ["hnsw", "ivfflat"])
def test_what_the_index_finds_is_nearly_what_comparing_all_finds(shelf: Source, kind: str) -> None:
    row = filled(shelf, 4000, forced_kind=kind, dimension=64)
    build_index(row)

    by_index = nearest(row)[:10]
    IndexVersion.objects.filter(pk=row.pk).update(index_kind="exact")
    row.refresh_from_db()

    assert len(set(by_index) & set(nearest(row)[:10])) >= 9


def test_the_knob_is_turned_until_little_is_missed(shelf: Source) -> None:
    row = filled(shelf, 4000, forced_kind="hnsw", dimension=64, hnsw_m=6, hnsw_ef_construction=16, hnsw_ef_search=2)

    build_index(row)

    assert row.hnsw_ef_search > 2
    assert (row.measured_recall or 0) >= LEAST_RECALL


def test_what_is_missed_is_told_of_what_lies_between_passages(shelf: Source) -> None:
    """Next to a passage itself a graph misses nothing, however little of it is looked at."""
    row = filled(shelf, 4000, forced_kind="hnsw", dimension=64, hnsw_m=6, hnsw_ef_construction=16)
    build_index(row)
    narrow = replace(space_of(row), ef_search=10)

    wider, recall = tuned(narrow)

    assert wider.ef_search > narrow.ef_search
    assert recall >= LEAST_RECALL
    assert tuned(narrow) == (wider, recall)


def test_lists_follow_from_the_size_and_probes_from_what_is_missed(shelf: Source) -> None:
    row = filled(shelf, 4000, forced_kind="ivfflat", dimension=64, ivfflat_probes=1)

    build_index(row)

    assert row.ivfflat_lists == 4
    assert row.ivfflat_probes is not None
    assert 1 <= row.ivfflat_probes <= 4
    assert (row.measured_recall or 0) >= LEAST_RECALL


@pytest.mark.parametrize("share", [2, 40])
def test_a_filter_does_not_starve_the_index(shelf: Source, share: int) -> None:
    row = filled(shelf, 6000, forced_kind="hnsw")
    rare = stored_passages(shelf, share, lang="fr")
    stored_vectors(row, shelf, rare, -unit_vectors(share, dimension=NARROW), "fr")
    build_index(row)

    found = nearest(row, reader=Reader.of(None, languages=("fr",)))

    assert sorted(found) == rare


def test_what_a_killed_build_left_behind_is_replaced(shelf: Source) -> None:
    row = filled(shelf, 4000, forced_kind="hnsw")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX rag_space_{row.pk}_hnsw_vector_new ON rag_chunkembedding (id) WHERE index_version_id = 0"
        )
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
            [f"rag_space_{row.pk}_hnsw_vector_new"],
        )
    assert not index_fits(row)

    build_index(row)

    assert [(one.name, one.is_valid) for one in index_sql.indexes_of(row.pk)] == [
        (f"rag_space_{row.pk}_hnsw_vector", True)
    ]


def test_another_kind_takes_the_place_of_the_former_one(shelf: Source) -> None:
    row = filled(shelf, 4000, forced_kind="ivfflat")
    build_index(row)

    row.forced_kind = "hnsw"
    build_index(row)
    graph = [one.kind for one in index_sql.indexes_of(row.pk)]
    row.forced_kind = "exact"
    build_index(row)

    assert graph == ["hnsw"]
    assert (row.index_kind, index_sql.indexes_of(row.pk)) == ("exact", ())


def test_a_graph_is_kept_while_a_library_shrinks_a_little(shelf: Source) -> None:
    row = filled(shelf, 4000)
    LibraryPolicy.objects.update(hnsw_from=4000)
    build_index(row)

    LibraryPolicy.objects.update(hnsw_from=5000)
    little = index_fits(row)
    LibraryPolicy.objects.update(hnsw_from=9000)

    assert (little, index_fits(row)) == (True, False)


def test_vectors_wider_than_a_page_are_stored_indexed_and_found(shelf: Source) -> None:
    row = filled(shelf, 300, dimension=3072, forced_kind="hnsw")

    build_index(row)

    assert row.element == "halfvec"
    assert len(nearest(row)) == LEG_DEPTH
    assert f"rag_space_{row.pk}_hnsw_halfvec" in plan_of(row)


def test_two_spaces_of_different_widths_share_the_table_and_never_meet(shelf: Source) -> None:
    one, other = (space_row(f"s{width}", dimension=width, forced_kind="hnsw") for width in (16, 24))
    chunks = stored_passages(shelf, 4000)
    for row in (one, other):
        stored_vectors(row, shelf, chunks, unit_vectors(4000, dimension=row.dimension))
        build_index(row)

    assert all(len(nearest(row)) == LEG_DEPTH for row in (one, other))
    assert f"rag_space_{one.pk}_" in plan_of(one)
    assert f"rag_space_{other.pk}_" in plan_of(other)


def test_only_one_builds_the_index_of_a_space(shelf: Source) -> None:
    row = filled(shelf, 100, forced_kind="hnsw")

    with index_sql.building(row.pk), pytest.raises(index_sql.BuiltElsewhere):
        build_index(row)


def test_a_build_tells_how_far_it_is(shelf: Source) -> None:
    row = filled(shelf, 6000, forced_kind="hnsw", dimension=256)
    told: list[tuple[str, int, int]] = []

    build_index(row, report=lambda step, done, of: told.append((step, done, of)))

    steps = [step for step, _, _ in told]
    assert steps[-1] == "check"
    assert all(0 <= done <= of for _, done, of in told)
    assert threading.active_count() < 20


def test_equal_texts_do_not_count_as_missed(shelf: Source) -> None:
    row = space_row("twins", dimension=NARROW, forced_kind="hnsw")
    vectors = np.repeat(unit_vectors(400, dimension=NARROW), 10, axis=0)
    stored_vectors(row, shelf, stored_passages(shelf, 4000), vectors)
    build_index(row)

    assert tuned(space_of(row))[1] >= LEAST_RECALL
