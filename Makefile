# Every command does its own set-up, and needs no network when nothing has changed. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run link test bench lint fmt lock reset set-up set-up-dev
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.installed
LINTED := lnrag_site models_registry rag recommendations feedback tests manage.py
export PORT
unexport PYTHONDONTWRITEBYTECODE  # where it is set, every process would compile all of our sources anew

help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

run: set-up ## Start everything on http://127.0.0.1:8000/ (another port: PORT=8123). Ctrl-C stops it.
	@exec $(PY) manage.py start

link: set-up ## Print a new one-time sign-in link.
	@exec $(PY) manage.py signin_link

test: set-up-dev ## Run every test; types, style and import contracts are among them.
	@exec $(PY) -m pytest -n 3 --dist loadfile $(ARGS)

bench: set-up-dev ## Measure on this machine.
	@exec $(PY) -m tests.benchmarks $(ARGS)

lint: set-up-dev ## Check style, types and import contracts.
	@$(PY) -m ruff check $(LINTED)
	@$(PY) -m ruff format --check $(LINTED)
	@$(PY) -m mypy $(LINTED)
	@$(VENV)/bin/lint-imports

fmt: set-up-dev ## Format the code.
	@$(PY) -m ruff check --fix-only --quiet $(LINTED)
	@$(PY) -m ruff format $(LINTED)

reset: set-up ## Delete all data of this checkout. Asks first; FORCE=1 does not.
	@exec $(PY) manage.py reset $(if $(FORCE),--force)

lock: ## Compile requirements*.in into the hash-locked requirements*.txt. Needs a network.
	@set -e; $(find_python); tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	"$$python" -m venv "$$tools"; "$$tools/bin/python" -m pip install --quiet uv; \
	compile="$$tools/bin/uv pip compile --quiet --universal --python-version 3.11 --override requirements-overrides.txt \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header $(UVFLAGS)"; \
	$$compile requirements.in -o requirements.txt; \
	$$compile requirements-dev.in --constraint requirements.txt -o requirements-dev.txt

set-up:
	@$(call install,requirements.txt)

set-up-dev:
	@$(call install,requirements-dev.txt)
	@cp requirements.txt $(STAMPS)/  # the lock of the tests holds every line of it

# Sets $python to the first interpreter that is new enough and can make a virtual environment.
define find_python
python=''; for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
  if "$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$name; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo 'lnrag needs Python 3.11 or newer, with venv. On Debian or Ubuntu: apt install python3 python3-venv. Then run this again.' >&2; \
  exit 1; \
fi
endef

# Installs lock file $(1) into .venv, unless exactly this file is what was installed there last.
define install
if $(PY) -c '' 2>/dev/null && cmp -s $(1) $(STAMPS)/$(1); then exit 0; fi; \
$(find_python); \
echo "Setting up $(VENV) (about a minute the first time) …"; \
if ! $(PY) -m pip --version >/dev/null 2>&1; then rm -rf $(VENV) && "$$python" -m venv $(VENV) || exit 1; fi; \
if ! $(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r $(1); then \
  echo 'Installing failed; the reason is above. With a network, and about 1 GB of free disk, run this again.' >&2; exit 1; \
fi; \
mkdir -p $(STAMPS) && cp $(1) $(STAMPS)/
endef
