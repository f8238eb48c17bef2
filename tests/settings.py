"""Settings of the tests: their own var folder, a database that need not survive a power cut, quick passwords."""

import os
from pathlib import Path

os.environ.setdefault("LNRAG_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("LNRAG_POSTGRES_FSYNC", "off")

from lnrag_site.settings import *  # noqa: F403 - the real settings are judged; only what follows differs

DATABASES["default"]["ENGINE"] = "tests.postgres_emptied_quickly"  # noqa: F405 - it is one of the real settings
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WRITE_BEHIND_S = 0  # a thread's late write would land in the next test
