"""The knowledge floor for the administrator, one file per subject."""

from rag.admin import answers, intake, policy, sources, spaces, words

__all__ = ["answers", "intake", "policy", "sources", "spaces", "words"]
