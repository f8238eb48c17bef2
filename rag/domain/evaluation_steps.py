"""Which choices of retrieval steps an evaluation compares: one after the other, and all without one. Pure."""

from dataclasses import replace

from rag.domain.steps import ALL_STEPS, Steps

LEGS = ("lexical", "dense")


def ablation() -> dict[str, Steps]:
    """Return the choices by their label: each leg alone, both, one step more at a time, all, and all without each."""
    nothing = Steps(**dict.fromkeys(Steps.names(), False))
    plan = {f"{leg} only": replace(nothing, **{leg: True}) for leg in LEGS}
    growing = replace(nothing, **dict.fromkeys(LEGS, True))
    plan[" + ".join(LEGS)] = growing
    further = [name for name in Steps.names() if name not in LEGS]
    for name in further[:-1]:
        growing = replace(growing, **{name: True})
        plan[f"… + {name}"] = growing
    plan["all steps"] = ALL_STEPS
    return plan | {f"all without {name}": replace(ALL_STEPS, **{name: False}) for name in Steps.names()}
