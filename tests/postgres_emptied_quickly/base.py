"""The database engine of the tests. Only its flush differs from Django's: ninety new empty tables take 0.4 s."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations

AS_MIGRATED = ("django_content_type", "auth_permission")  # a flush makes the same rows anew, only under other numbers
FEW_BYTES = 4 * 1024 * 1024  # of all tables; so few rows are deleted at once, and leave little behind to wade through


class DatabaseOperations(PostgresOperations):
    """Django's, but for the flush."""

    def sql_flush(
        self, style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        """Return the statements that empty those of the tables that hold rows. They run in one transaction."""
        filled = self._filled([table for table in tables if table not in AS_MIGRATED])
        if not reset_sequences and sum(filled.values()) < FEW_BYTES:
            return [f"DELETE FROM {self.quote_name(table)};" for table in filled]
        return super().sql_flush(style, tuple(filled), reset_sequences=reset_sequences, allow_cascade=True)

    def _filled(self, tables: Sequence[str]) -> dict[str, int]:
        """Return each of the tables that holds a row, and how many bytes it takes."""
        looks = (
            f"SELECT '{table}', pg_table_size('{table}') WHERE EXISTS (SELECT FROM {self.quote_name(table)})"
            for table in tables
        )
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(looks))
            return dict(cursor.fetchall())


class DatabaseWrapper(PostgresWrapper):
    """Django's, with the quick flush."""

    ops_class = DatabaseOperations
