"""The stage of the journeys in a transaction, and callers with keys."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.journeys.fixtures import module_rows, stage
from tests.journeys.stage import Stage

__all__ = ["module_rows", "stage"]

VERSION = {"X-API-Version": "2025-10-15"}


@pytest.fixture
def caller(stage: Stage) -> Callable[..., Any]:
    """Return a function that calls the API: caller("get", path), as the operator unless another key is given."""

    def call(method: str, path: str, content: Any = None, *, key: str | None = stage.key, **params: Any) -> Any:
        headers = {**VERSION, **({"Authorization": f"Bearer {key}"} if key else {})}
        send = getattr(Client(), method)
        if method == "get":
            return send(f"/api/v1/{path}", params, headers=headers)
        return send(f"/api/v1/{path}", content, content_type="application/json", headers=headers)

    return call
