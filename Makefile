# Every command does its own set-up, and needs no network when nothing has changed. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run link test bench lint fmt lock reset
MAKEFLAGS += --no-print-directory

PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
LINTED := lnrag_site models_registry rag recommendations feedback tests manage.py

help: ## List these commands.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "make %-6s %s\n", $$1, $$2}'

run: $(VENV)/.installed-requirements.txt ## Start everything on http://127.0.0.1:8000/ (another port: PORT=8123). Ctrl-C stops it.
	@PORT='$(PORT)' exec $(PY) manage.py start

link: $(VENV)/.installed-requirements.txt ## Print a new one-time sign-in link for the running server.
	@exec $(PY) manage.py signin_link

test: $(VENV)/.installed-requirements-dev.txt ## Run every test, the floor plan, types and style included.
	@exec $(PY) -m pytest -n 2 --dist loadfile $(ARGS)

bench: $(VENV)/.installed-requirements-dev.txt ## Measure what README.md promises, on this machine.
	@exec $(PY) -m tests.benchmarks $(ARGS)

lint: $(VENV)/.installed-requirements-dev.txt ## Check style, types and import contracts.
	@$(PY) -m ruff check $(LINTED)
	@$(PY) -m ruff format --check $(LINTED)
	@$(PY) -m mypy $(LINTED)
	@$(VENV)/bin/lint-imports

fmt: $(VENV)/.installed-requirements-dev.txt ## Format the code.
	@$(PY) -m ruff check --fix-only -q $(LINTED)
	@$(PY) -m ruff format $(LINTED)

lock: ## Compile requirements*.in into hash-locked requirements*.txt (needs a network).
	@./deploy/lock

reset: $(VENV)/.installed-requirements.txt ## Delete all data of this checkout. Asks first (FORCE=1 does not).
	@exec $(PY) manage.py reset $(if $(FORCE),--force)
