"""Numbers for people: units stay, unknown stays unknown, links lead only to us and the web."""

from datetime import UTC, datetime

import pytest

from recommendations.templatetags import figures
from recommendations.templatetags.charts import balance_bar, fee_chart, history_chart, ratio_bar


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1_234_567, "1,234,567"),
        (0.5, "0.5"),
        (1234.5678, "1,234.57"),
        (0.00012, "0.00012"),
        (True, "yes"),
        ("x", "x"),
    ],
)
def test_numbers_keep_their_thousands_apart(value, text):
    assert figures.grouped(value) == text


@pytest.mark.parametrize("unknown", [None, "", float("nan"), float("inf")])
def test_the_unknown_is_never_zero(unknown):
    assert "unknown" in figures.grouped(unknown)


@pytest.mark.parametrize(
    ("sat", "text"),
    [
        (0, "0 sat"),
        (950, "950 sat"),
        (20_000, "20k sat"),
        (2_500_000, "2.5M sat"),
        (184_000_000, "1.84 BTC"),
        (501_200_000_000, "5,012 BTC"),
    ],
)
def test_amounts_are_short_and_carry_their_unit(sat, text):
    assert figures.short_sat(sat) == text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a", True),
        ("/library/3/#fees", True),
        ("#source-1", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("data:text/html,x", False),
        (None, False),
    ],
)
def test_a_link_leads_only_to_our_pages_and_the_web(url, kept):
    assert bool(figures.safe_href(url)) is kept


def test_a_ratio_is_shown_as_a_percentage_and_a_unit_is_escaped():
    assert figures.with_unit(0.831, "ratio") == "83.1 %"
    assert "<b>" not in figures.with_unit(3, "<b>")


def test_a_moment_is_written_in_utc_from_a_time_or_its_text():
    at = datetime(2025, 10, 19, 12, 30, tzinfo=UTC)

    assert figures.moment(at) == figures.moment(at.isoformat())
    assert "2025-10-19 12:30 UTC" in figures.moment(at)
    assert "unknown" in figures.moment("soon")


def test_the_fee_chart_stays_in_its_frame_even_for_the_largest_rate():
    chart = fee_chart({"5": 0, "25": 1, "50": 100, "75": 500, "99": 10_000}, 4_294_967_295)

    places = [point["x"] for point in chart["points"]] + [chart["own"]["x"]] + [tick["x"] for tick in chart["ticks"]]
    assert min(places) >= 8.0
    assert max(places) <= 312.0


def test_a_history_of_one_snapshot_is_a_point_and_not_a_line():
    at = datetime(2025, 10, 19, tzinfo=UTC)

    assert len(history_chart([(at, 5), (at, None)])["points"]) == 1
    assert history_chart([])["points"] == []


@pytest.mark.parametrize(("local", "remote", "share"), [(None, 5, None), (0, 0, None), (0, 10, 0.0), (3, 1, 75.0)])
def test_a_balance_is_drawn_only_when_it_is_known(local, remote, share):
    assert balance_bar(local, remote)["share"] == share


def test_a_bar_of_the_unknown_has_no_width():
    assert ratio_bar(None)["width"] is None
    assert ratio_bar(7.0)["width"] == 100


@pytest.mark.parametrize(
    ("percentile", "expected"), [(99.99, "99 %"), (0.4, "0 %"), (50.0, "50 %"), (None, figures.UNKNOWN)]
)
def test_a_share_beaten_is_cut_not_rounded(percentile, expected):
    assert figures.share_beaten(percentile) == expected
