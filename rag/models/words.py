"""The lexical side: postings, and words that also mean other words."""

from typing import Any

from django.db import models

from rag.domain.expansion import term_key
from rag.models.sources import Chunk, Source


class Posting(models.Model):
    """A lexeme in a chunk with its frequency: the lexical leg's inverted index.

    Source, language and length are repeated here so that ranking reads one index and joins nothing.
    """

    lexeme = models.TextField()
    # Written with their passage and deleted by the ORM with it: two checks in the database per row cost a third of all
    # storing.
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    frequency = models.PositiveSmallIntegerField()
    chunk_length = models.PositiveIntegerField(help_text="Of the chunk, in lexemes.")
    lang = models.CharField(max_length=8, default="en", help_text="Of the document.")

    class Meta:
        indexes = [
            models.Index(
                fields=("lexeme",),
                include=("source", "chunk", "frequency", "chunk_length", "lang"),
                name="posting_by_lexeme",
            )
        ]

    def __str__(self) -> str:
        return self.lexeme


class GlossaryEntry(models.Model):
    """Words that also mean other words: appended to a question before it is searched."""

    term = models.CharField(max_length=80)
    key = models.CharField(max_length=80, editable=False, db_index=True, help_text="The term as it is looked up.")
    lang = models.CharField(max_length=8, default="en", help_text="Language of the term.")
    expansion = models.CharField(max_length=300, help_text="Words to add, in English.")
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("lang", "term")
        verbose_name_plural = "glossary entries"
        constraints = [models.UniqueConstraint(fields=("term", "lang"), name="one_entry_per_term_lang")]

    def __str__(self) -> str:
        return self.term

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = term_key(self.term, lang=self.lang)
        super().save(*args, **kwargs)
