"""Numbers are read with their units, in English and French notation."""

import pytest

from rag.domain.quantities import is_held, quantities_given, quantities_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 sat and 2 500 ppm", ["1,000 sat", "2 500 ppm"]),
        ("0.5 % or 0,5 %", ["0.5 %", "0,5 %"]),
        ("1,234,567.5 sat", ["1,234,567.5 sat"]),
        ("1. first\n2. second 7", ["7"]),
        ("cited [3] and [4, 5] only", []),
        ("BOLT7 and v0.18.3 and 700000x1x0 and 192.168.0.1", []),
        ("Step 3, option 2, the 3rd, 24/7, 2026-11-21", []),
        ("Étape 2 : le 3e canal", []),
        ("10%", ["10%"]),
        ("250k sat, 1.5M, 5 Go", ["250k sat", "1.5M", "5 Go"]),
        ("5 to go", ["5"]),
        ("144-block and 24h", ["144-block", "24h"]),
    ],
)
def test_what_is_written_is_read_and_list_numbers_citations_and_versions_are_not(
    text: str, expected: list[str]
) -> None:
    assert [one.written for one in quantities_in(text)] == expected


HELD = [
    ("1 000 sat", "1,000 sat"),
    ("1k sat", "1,000 sat"),
    ("1\u202f000 sat", "1000 sats"),
    ("1 sat", "1,000 msat"),
    ("0.05 BTC", "5,000,000 sat"),
    ("2M sat", "capacity: 2,000,000 sat"),
    ("0.1 %", "1,000 ppm"),
    ("0,01 %", "100 ppm"),
    ("100 ppm", "0.01 percent"),
    ("14 days", "two weeks"),
    ("24 h", "once a day"),
    ("deux semaines, soit 14 jours", "14 days"),
    ("100 to 300 ppm", "100–300 ppm"),
    ("100 ppm", "between 100 and 300 ppm"),
    ("5 channels", "five channels"),
    ("50 %", "half of the channels"),
    ("about 1 002 sat", "1,000 sat"),
    ("20 Go", "20 GB"),
    ("10 sat/vbyte", "10 sat/vB"),
]
NOT_HELD = [
    ("1,000 sat", "1,000 msat"),
    ("1 %", "0.1 %"),
    ("10 ppm", "10 %"),
    ("145 blocks", "144 blocks"),
    ("200 ppm", "100-300 ppm"),
    ("7 days", "7 hours"),
    ("5M sat", "50M sat"),
    ("1.5 sat", "1,500 sat"),
]


@pytest.mark.parametrize(("stated", "given"), HELD)
def test_the_same_quantity_is_known_in_another_notation_or_unit(stated: str, given: str) -> None:
    assert all(is_held(one, quantities_given(given)) for one in quantities_in(stated))


@pytest.mark.parametrize(("stated", "given"), NOT_HELD)
def test_another_quantity_is_never_taken_for_it(stated: str, given: str) -> None:
    assert not any(is_held(one, quantities_given(given)) for one in quantities_in(stated))


@pytest.mark.parametrize(("text", "is_claim"), [("2 ways", False), ("2 %", True), ("3 ways", True), ("1 sat", True)])
def test_small_counts_claim_nothing_unless_they_have_a_unit(text: str, is_claim: bool) -> None:
    assert quantities_in(text)[0].is_claim is is_claim
