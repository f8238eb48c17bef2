"""The knowledge floor for the administrator, one file per subject."""

from rag.admin import answers, evaluation, intake, policy, sources, spaces, words

__all__ = ["answers", "evaluation", "intake", "policy", "sources", "spaces", "words"]
