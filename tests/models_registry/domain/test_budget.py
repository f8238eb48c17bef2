"""Further attempts after failed ones are a small share of all turns, however many fail."""

from models_registry.domain.budget import MOST, PER_S, SHARE_OF_TURNS, RetryBudget


def test_a_few_failures_may_all_be_tried_again():
    budget = RetryBudget()

    assert all(budget.spend(at=0.0) for _ in range(int(MOST)))
    assert not budget.spend(at=0.0)


def test_in_a_storm_further_attempts_are_a_share_of_the_turns():
    budget = RetryBudget()
    turns, seconds = 10_000, 10.0
    spent = 0
    for number in range(turns):
        at = seconds * number / turns
        budget.note_turn(at=at)
        spent += budget.spend(at=at)

    assert spent <= MOST + turns * SHARE_OF_TURNS + seconds * PER_S + 1


def test_it_fills_again_with_time_but_never_over():
    budget = RetryBudget(left=0.0, filled_at=0.0)

    assert not budget.spend(at=0.1)
    assert budget.spend(at=1.0)
    budget.note_turn(at=10_000.0)
    assert budget.left == MOST
