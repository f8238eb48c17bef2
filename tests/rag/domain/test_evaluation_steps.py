"""Which choices of steps an evaluation compares."""

from rag.domain.evaluation_steps import ablation
from rag.domain.steps import ALL_STEPS, Steps


def test_each_leg_is_tried_alone_and_each_step_is_left_out_once() -> None:
    plan = ablation()

    assert plan["lexical only"] == Steps(**{name: name == "lexical" for name in Steps.names()})
    assert plan["dense only"] == Steps(**{name: name == "dense" for name in Steps.names()})
    assert plan["all steps"] == ALL_STEPS
    for name in Steps.names():
        left_out = plan[f"all without {name}"]
        assert [other for other in Steps.names() if not getattr(left_out, other)] == [name]


def test_steps_are_added_one_at_a_time() -> None:
    counts = [sum(getattr(steps, name) for name in Steps.names()) for steps in ablation().values()]

    growing = counts[2 : len(Steps.names()) + 1]
    assert growing == list(range(2, len(Steps.names()) + 1))
