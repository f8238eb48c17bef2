"""The floor plan is a test: who may import whom, style, types, migrations, locks, and what only a string names."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

ROOT = Path(settings.BASE_DIR)
HOUSE = ("lnrag_site", "models_registry", "rag", "recommendations", "feedback")
LINTED = (*HOUSE, "tests", "manage.py")
LONGEST_FILE = 300
TABLES = (Path("rag/services/default_glossary.py"),)  # long because it is a list of words, not of thoughts
HEAVY = ("torch", "nvidia-", "triton", "tensorflow", "transformers", "sentence-transformers", "huggingface")
LOCKS = ("requirements.txt", "requirements-dev.txt")
TASK = re.compile(rf"({'|'.join(HOUSE)})\.tasks\.\w+")
SCRIPTS = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def modules() -> Iterator[Path]:
    """Yield every module of the house, without migrations and empty packages."""
    for app in HOUSE:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and path.stat().st_size:
                yield path.relative_to(ROOT)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param((str(SCRIPTS / "lint-imports"), "--cache-dir", str(ROOT / ".import_linter_cache")), id="imports"),
        pytest.param((sys.executable, "-m", "ruff", "check", "--no-cache", *LINTED), id="style"),
        pytest.param((sys.executable, "-m", "ruff", "format", "--check", *LINTED), id="format"),
        pytest.param((sys.executable, "-m", "mypy", *LINTED), id="types"),
    ],
)
def test_the_house_is_in_order(command):
    done = run(*command)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def test_each_app_has_one_first_migration():
    for app in HOUSE[1:]:
        assert (ROOT / app / "migrations" / "0001_initial.py").is_file()


@pytest.mark.parametrize("path", tuple(modules()), ids=str)
def test_a_module_fits_on_a_few_screens_and_opens_with_its_caption(path):
    text = (ROOT / path).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= LONGEST_FILE or path in TABLES
    assert ast.get_docstring(ast.parse(text)), "no caption"


def test_every_task_that_is_named_by_a_string_is_there():
    named = {match.group() for path in modules() for match in TASK.finditer((ROOT / path).read_text(encoding="utf-8"))}

    assert named
    for dotted in named:
        assert callable(import_string(dotted))


@pytest.mark.parametrize("dotted", settings.RAG_CONTEXT_SOURCES)
def test_every_context_source_is_there(dotted):
    assert import_string(dotted)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_no_path_and_nothing_heavy(name):
    text = (ROOT / name).read_text(encoding="utf-8").lower()

    assert not re.search(r"://|--index-url|--find-links|file:| @ |\s-e ", text)
    assert not re.search(
        r"^(torch|nvidia-|triton|tensorflow|transformers|sentence-transformers|huggingface)", text, re.M
    )
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text) if "==" in block)


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==[^\s;\\]+)", (ROOT / name).read_text(encoding="utf-8"), re.M))


def test_the_lock_of_the_tests_holds_the_lock_of_the_product():
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_dependency_has_its_reason():
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    names = [re.split(r"[<>=\[; ]", line)[0] for line in lines if line and not line.startswith("#")]
    reasons = (ROOT / "DECISIONS.md").read_text(encoding="utf-8").lower()

    assert [name for name in names if f"`{name.lower()}`" not in reasons] == []


def test_the_ten_second_table_of_the_readme_is_true():
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert len(named) >= 10
    assert [path for path in named if not (ROOT / path).is_file()] == []
