"""Regular expressions of strangers: they answer, or they are ended."""

import pytest

from rag.domain.errors import PatternTooSlow
from rag.services.match_patterns import PatternMatcher


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("b+", "abba", True),
        ("^b", "abba", False),
        ("é|x", "café", True),
        ("a\nb", "a\nb", True),
        ("(?i)ABBA", "abba", True),
    ],
)
def test_a_pattern_is_found_or_not(pattern: str, text: str, expected: bool) -> None:
    with PatternMatcher() as matches:
        assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|a)*b", r"(.*a){25}"])
def test_a_pattern_that_never_ends_is_ended_and_the_next_one_answered(pattern: str) -> None:
    with PatternMatcher(limit_s=0.3) as matches:
        with pytest.raises(PatternTooSlow):
            matches(pattern, "a" * 35 + "!")

        assert matches("a", "a") is True


def test_a_pattern_that_eats_memory_is_ended() -> None:
    with PatternMatcher() as matches, pytest.raises(PatternTooSlow):
        matches(r"(?:(?:(?:x|y){1,60000}){1,60000}){1,60000}z", "xy" * 2_000_000)


def started(matches: PatternMatcher) -> bool:
    return matches._child is not None


def test_no_process_is_started_before_the_first_question_or_left_after_the_last() -> None:
    with PatternMatcher() as matches:
        assert not started(matches)
        matches("a", "a")
        child = matches._child

    assert child is not None
    assert child.poll() is not None
