"""What a look at this installation found: one check, in words, with its next step and where to read more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, what is wrong, and the next step. Without a problem all is well.

    `is_fault` is False for what lnrag works without, such as a local model. `detail` says what was seen when all is
    well; `help_path` is a page of this site.
    """

    name: str
    problem: str = ""
    next_step: str = ""
    is_fault: bool = True
    detail: str = ""
    help_path: str = ""

    @property
    def is_well(self) -> bool:
        return not self.problem
