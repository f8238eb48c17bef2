"""Answers stay in memory up to so many bytes; the one that was told longest ago goes first."""

import uuid
from datetime import UTC, datetime

from recommendations.services.replay import Kept
from recommendations.services.tell_again import Answer, Asker, Memory

AT = datetime(2026, 3, 1, tzinfo=UTC)


def answer(size_bytes: int) -> Answer:
    turn = Kept(uuid.uuid4(), (), {})
    return Answer("02ab", "as it stood", Asker(1, None, "standard"), turn, AT, size_bytes, lambda _telling: b"")


def kept(memory: Memory) -> list[str]:
    return [place for place in "abcd" if place in memory]


def test_the_one_told_longest_ago_makes_room() -> None:
    memory = Memory(100)
    for place in "abc":
        memory.keep(place, answer(30))
    memory.get("a")
    memory.keep("d", answer(30))

    assert kept(memory) == ["a", "c", "d"]


def test_one_kept_again_or_dropped_counts_once() -> None:
    memory = Memory(100)
    for _ in range(5):
        memory.keep("a", answer(60))
    memory.drop("b")
    memory.keep("b", answer(40))
    assert kept(memory) == ["a", "b"]

    memory.drop("a")
    memory.keep("c", answer(60))

    assert kept(memory) == ["b", "c"]


def test_one_that_is_too_large_is_not_kept() -> None:
    memory = Memory(100)
    memory.keep("a", answer(101))
    assert kept(memory) == []
    assert memory.get("a") is None
