"""The knowledge floor for the administrator, one file per subject."""

from rag.admin import answers, policy, sources, spaces, words

__all__ = ["answers", "policy", "sources", "spaces", "words"]
