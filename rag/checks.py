"""Prove at start that every purpose has words for the model. Says nothing while the tables do not exist."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - the framework's own name
from django.db import DatabaseError, connections

from models_registry.domain.query_types import QueryType
from rag.models import PromptRevision
from rag.queries.policy import purposes_without_prompt
from rag.services.prompts import ANSWER_PURPOSE

PURPOSES = (ANSWER_PURPOSE, *(f"advice:{kind.value}" for kind in QueryType))
HINT = "Run `manage.py load_defaults`, or activate a revision in the admin under Prompt revisions."


@register(Tags.database)
def check_prompts(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Name the purposes without an active prompt: an error in English, a warning in French, which falls back."""
    if "default" not in (databases or ()):
        return []
    try:
        if PromptRevision._meta.db_table not in connections["default"].introspection.table_names():
            return []
        english = purposes_without_prompt(PURPOSES, lang="en")
        french = purposes_without_prompt(PURPOSES, lang="fr")
    except DatabaseError:  # no server, or a schema older than this code: migrate says it better
        return []
    errors = [Error(f"No English prompt is active for {name}.", hint=HINT, id="rag.E001") for name in english]
    warnings = [Warning(f"No French prompt is active for {name}.", hint=HINT, id="rag.W002") for name in french]
    return [*errors, *warnings]
