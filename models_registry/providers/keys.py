"""Read a host's key from the environment at each call. A key is never kept, logged or quoted."""

import os
import re

from models_registry.domain.errors import ProviderRejected

LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|key)-[\w*.-]{4,}")


def read_key(secret_name: str) -> str | None:
    """Return the key in the named environment variable; None when the endpoint names none.

    :raises ProviderRejected: naming the variable, when it is not set or no header can hold its value.
    """
    if not secret_name:
        return None
    key = os.environ.get(secret_name, "").strip()
    if not key:
        raise ProviderRejected(f"The environment variable {secret_name} is not set; it holds this host's key.")
    if not (key.isascii() and key.isprintable()):
        raise ProviderRejected(f"The environment variable {secret_name} holds something that is no key.")
    return key


def without_keys(text: str) -> str:
    """Return a foreign text without anything that looks like a key: hosts quote the one they refuse."""
    return LOOKS_LIKE_A_KEY.sub("[key]", text)
