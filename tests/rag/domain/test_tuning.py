"""Better numbers of the fusion, and whether the gain is more than chance."""

from rag.domain.tuning import Candidate, Case, Setting, grid, leaderboard, propose, reciprocal_rank_of_answer, split

CURRENT = Setting()


def case(number: int, *candidates: Candidate, group: str = "en") -> Case:
    return Case(f"q{number:03}", group, candidates)


def words_know(number: int) -> Case:
    """The lexical leg has the answer first; the dense one does not have it, and what it has first both legs know."""
    return case(number, Candidate(1, 9, 1, False), Candidate(2, 1, None, True))


def test_a_setting_orders_what_the_legs_found() -> None:
    candidates = (Candidate(1, 1, None, False), Candidate(2, None, 1, True))

    assert reciprocal_rank_of_answer(candidates, setting=Setting(dense_weight=0.5)) == 0.5
    assert reciprocal_rank_of_answer(candidates, setting=Setting(dense_weight=2.0)) == 1.0


def test_what_lies_deeper_than_a_setting_reads_does_not_count() -> None:
    candidates = (Candidate(1, 1, None, False), Candidate(2, 2, 21, True))

    assert reciprocal_rank_of_answer(candidates, setting=Setting(depth=50)) == 1.0
    assert reciprocal_rank_of_answer(candidates, setting=Setting(depth=20)) == 0.5


def test_an_answer_beyond_the_tenth_passage_is_worth_nothing() -> None:
    candidates = tuple(Candidate(rank, rank, rank, rank == 11) for rank in range(1, 12))

    assert reciprocal_rank_of_answer(candidates, setting=CURRENT) == 0.0


def test_the_parts_are_disjoint_even_and_the_same_each_time() -> None:
    cases = [case(number, group="fr" if number % 4 == 0 else "en") for number in range(40)]

    train, holdout = split(cases, seed=1)

    assert {one.id for one in train} | {one.id for one in holdout} == {one.id for one in cases}
    assert (len(train), len(holdout)) == (20, 20)
    assert sum(one.group == "fr" for one in holdout) == 5
    assert split(list(reversed(cases)), seed=1) == (train, holdout)
    assert split(cases, seed=2) != (train, holdout)


def test_a_gain_that_holds_on_unseen_questions_is_told_from_noise() -> None:
    proposal = propose([words_know(number) for number in range(60)], current=CURRENT, seed=1)

    assert proposal.setting != CURRENT
    assert proposal.holdout_after > proposal.holdout_before
    assert proposal.lost == 0
    assert not proposal.is_noise


def test_a_gain_on_four_questions_is_noise() -> None:
    proposal = propose([words_know(number) for number in range(4)], current=CURRENT, seed=1)

    assert proposal.is_noise


def test_nothing_is_proposed_where_nothing_is_better() -> None:
    cases = [case(number, Candidate(1, 1, 1, True), Candidate(2, 2, 2, False)) for number in range(20)]

    proposal = propose(cases, current=CURRENT, seed=1)

    assert proposal.setting == CURRENT
    assert proposal.is_noise


def test_without_questions_there_is_a_proposal_to_change_nothing() -> None:
    proposal = propose([], current=CURRENT, seed=1)

    assert (proposal.setting, proposal.holdout_n, proposal.is_noise) == (CURRENT, 0, True)


def test_the_leaderboard_begins_with_the_best() -> None:
    board = leaderboard([words_know(1)], count=5)

    assert len(board) == 5
    assert board[0][1] == max(score for _, score in leaderboard([words_know(1)], count=len(grid())))
