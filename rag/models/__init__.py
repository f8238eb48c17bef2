"""Tables of the knowledge floor, one file per subject."""

from rag.models.answers import Answer, Conversation, KeptAnswer
from rag.models.evaluation import EvaluationRun
from rag.models.intake import DeadLetter, Ingestion, Parcel
from rag.models.policy import CommonQuestion, LibraryPolicy, PromptRevision
from rag.models.sources import Chunk, Document, Source
from rag.models.spaces import ChunkEmbedding, IndexVersion, Quarantine
from rag.models.words import GlossaryEntry, Posting

__all__ = [
    "Answer",
    "Chunk",
    "ChunkEmbedding",
    "CommonQuestion",
    "Conversation",
    "DeadLetter",
    "Document",
    "EvaluationRun",
    "GlossaryEntry",
    "IndexVersion",
    "Ingestion",
    "KeptAnswer",
    "LibraryPolicy",
    "Parcel",
    "Posting",
    "PromptRevision",
    "Quarantine",
    "Source",
]
