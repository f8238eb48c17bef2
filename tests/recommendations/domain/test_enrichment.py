"""Values of strangers, and which source's word counts: the operator's own first, then whoever knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.enrichment import (
    READERS,
    Known,
    Sourced,
    Told,
    as_wire,
    credible,
    merged,
    moment,
    own_readings,
    restored,
    stored,
)
from tests.recommendations.domain.factories import operated

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_first_source_that_knows_a_field_tells_it():
    own = Told("own node", AT, {Known.UPTIME_RATIO: 0.99})
    graph = Told("graph", AT - MINUTE, {Known.ALIAS: "Alpha", Known.CAPACITY_SAT: 5})
    other = Told("Sparkseer", AT - 2 * MINUTE, {Known.CAPACITY_SAT: 7, Known.BETWEENNESS_RANK: 3, Known.ALIAS: "B"})

    fields = merged(own, None, graph, other)

    assert fields[Known.UPTIME_RATIO] == Sourced(0.99, "own node", AT)
    assert fields[Known.CAPACITY_SAT] == Sourced(5, "graph", AT - MINUTE)
    assert fields[Known.BETWEENNESS_RANK] == Sourced(3, "Sparkseer", AT - 2 * MINUTE)
    assert fields[Known.SUCCESS_RATE] == Sourced(None, None, None)
    assert set(fields) == set(Known)
    assert as_wire(fields)["capacity_sat"] == {"value": 5, "source": "graph", "as_of": (AT - MINUTE).isoformat()}
    assert as_wire(fields)["success_rate"] == {"value": None, "source": None, "as_of": None}


def test_what_the_operator_and_the_graph_know_is_told_apart():
    facts = operated()
    private, graph = own_readings(facts)

    assert private is not None
    assert facts.private is not None
    assert (private.source, private.values[Known.UPTIME_RATIO]) == (facts.private_source, facts.private.uptime_ratio)
    assert (graph.source, graph.values[Known.CAPACITY_SAT]) == (facts.source, facts.capacity_sat)
    assert own_readings(replace(facts, private=None))[0] is None


@pytest.mark.parametrize(
    ("known", "raw", "expected"),
    [
        (Known.CAPACITY_SAT, "31505027", 31_505_027),
        (Known.CAPACITY_SAT, 31505027.0, 31_505_027),
        (Known.CAPACITY_SAT, 0.315, None),  # BTC
        (Known.CAPACITY_SAT, 21e14 + 1, None),
        (Known.CAPACITY_SAT, True, None),
        (Known.CAPACITY_SAT, None, None),
        (Known.CAPACITY_SAT, [1], None),
        (Known.CAPACITY_SAT, "1e400", None),
        (Known.MEDIAN_FEE_PPM, 4294967295, 4294967295.0),
        (Known.MEDIAN_FEE_PPM, float("nan"), None),
        (Known.BETWEENNESS_RANK, 0, None),
        (Known.UPTIME_RATIO, 1.01, None),
        (Known.ALIAS, "\u202eevil\x00", "evil"),
        (Known.ALIAS, " \n ", None),
        (Known.ALIAS, 7, None),
        (Known.FIRST_SEEN_AT, 0, None),
        (Known.FIRST_SEEN_AT, "1522941222", "2018-04-05T15:13:42+00:00"),
        (Known.UPDATED_AT, "2025-10-19T00:00:00.000Z", "2025-10-19T00:00:00+00:00"),
        (Known.UPDATED_AT, "1066-10-14", None),
        (Known.UPDATED_AT, "soon", None),
    ],
)
def test_what_is_not_credible_is_unknown(known, raw, expected):
    assert credible(known, raw) == expected


def test_a_day_without_a_zone_is_utc():
    assert moment("2025-02-14") == datetime(2025, 2, 14, tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(list(Known)), JSON)
def test_no_answer_of_a_stranger_breaks_the_reading(known, raw):
    value = credible(known, raw)

    assert value is None or credible(known, value) == value


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=20) | st.sampled_from([k.value for k in Known]), JSON, max_size=5))
def test_what_was_kept_is_checked_again(kept):
    values = restored(kept)

    assert restored(stored(values)) == values


def test_every_field_has_a_reader_and_a_unit_that_stands_in_its_name():
    assert set(READERS) == set(Known)
    assert (Known.CAPACITY_SAT.unit, Known.SUCCESS_RATE.unit, Known.CHANNEL_COUNT.unit) == ("sat", "ratio", "")
    assert [known for known in Known if known.is_moment] == [Known.FIRST_SEEN_AT, Known.UPDATED_AT]
