"""What holds for every question: how many passages, how near, how long things are kept, which steps run. Pure."""

from dataclasses import dataclass

from rag.domain.fusion import LEG_DEPTH, RRF_CONSTANT


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every question that does not say otherwise. Values as shipped."""

    top_k: int = 8  # passages
    least_cosine: float = 0.35  # of the best passage; below it the library does not know
    sure_cosine: float = 0.55  # from it on, missing words do not refuse
    least_held_share: float = 0.45  # 0-1, of the question's weight that the passages must hold below that cosine
    answer_ttl_s: int = 21_600  # 0: no answer is kept
    retrieval_ttl_s: int = 86_400
    embedding_ttl_s: int = 604_800
    semantic_cosine: float = 0.97  # of two questions that share an answer; 1: only equal words do
    rewrites_questions: bool = True  # by a local model, where there is one
    rerank_top: int = 0  # passages; 0: the reranker does not run
    rrf_constant: int = RRF_CONSTANT
    dense_weight: float = 1.0  # of the dense leg; the lexical one weighs 1
    leg_depth: int = LEG_DEPTH  # passages of each leg that are fused
    languages: tuple[str, ...] = ("en", "fr")  # of the documents that are searched
    history_turns: int = 3  # read for a question that follows on


SHIPPED = Policy()
