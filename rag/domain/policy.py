"""How many passages a question gets, how near they must be, and how long its answer is kept. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every question that does not say otherwise. Values as shipped."""

    top_k: int = 8  # passages
    least_cosine: float = 0.35  # of the best passage; below it the library does not know
    answer_ttl_s: int = 21_600  # 0: no answer is kept


SHIPPED = Policy()
