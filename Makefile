# The house's commands. `make demo` and `make test` work on a machine that has only make and Python 3.11 to 3.14.
# Set-up is a prerequisite of every target and is done once: .venv/.ready is renewed when the lock or pyproject.toml changes.

PYTHON ?= python3
# Every night starts a process of its own; without cached bytecode each would first compile some 5,000 modules.
unexport PYTHONDONTWRITEBYTECODE
UV_VERSION := 0.13.9
# Test files run at once; every one of them has a home, a server and a port of its own.
WORKERS ?= auto
# Rooms whose tests never open a database of DuckDB.
NO_DUCKDB := channels clock governance halo measures policy simulator
# In the order of the folders: the whole nights come early, and many small files are left to even out the end.
AT_ONCE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PIP := .venv/bin/python -m pip --disable-pip-version-check --no-input --quiet
BIN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-duckdb2 bench dev lint lint-mypy lint-sql lint-ruff lint-format lint-floors snapshot lock clean

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Set up .venv (every other target does it when needed).

demo: .venv/.ready ## Run the nightly job twice against a simulated HaloPSA and show what it found.
	@$(BIN)/handoff demo

test: lint ## Everything that must hold before a change lands: lint, then the tests.
	@$(BIN)/pytest $(AT_ONCE)

test-duckdb2: .venv-duckdb2/.ready ## The tests of every room that DuckDB reaches on DuckDB 2.0, without browser and lint.
	@.venv-duckdb2/bin/pytest $(patsubst %,--ignore=tests/%,$(NO_DUCKDB)) $(AT_ONCE) -m "not campaign and not bench and not must_run" -p no:cacheprovider

bench: .venv/.ready ## Measure pull and landing beside dlt and requests with pandas, and the requests that each night costs.
	@$(BIN)/python -m tests.benchmarks

dev: .venv/.ready ## Open Dagster's pages (make dev HANDOFF_HOME=.handoff/demo shows the demo's runs).
	@DAGSTER_HOME="$$($(BIN)/python -c 'from assets.instance import dagster_home as d; from handoff_pipeline.settings import load_settings as s; print(d(s().home))')" \
	&& export DAGSTER_HOME && $(BIN)/dg dev -w workspace.yaml

lint: .venv/.ready ## Style, types, SQL and the floors between the rooms; every tool runs, whatever another one finds.
	@$(MAKE) --no-print-directory --keep-going --jobs=2 lint-mypy lint-sql lint-ruff lint-format lint-floors

lint-mypy: .venv/.ready
	@$(BIN)/mypy

lint-sql: .venv/.ready
	@$(BIN)/sqlfluff lint sql

lint-ruff: .venv/.ready
	@$(BIN)/ruff check .

lint-format: .venv/.ready
	@$(BIN)/ruff format --check .

lint-floors: .venv/.ready
	@$(BIN)/lint-imports

snapshot: .venv/.ready ## Accept the asset graph as it is now; read the diff before you commit it.
	@UPDATE_SNAPSHOT=1 $(BIN)/pytest -q tests/assets/test_snapshot.py

lock: ## Renew the two lock files from pyproject.toml (UPGRADE=--upgrade takes newer releases).
	@set -e; tools="$$(mktemp -d)"; trap 'rm -rf "$$tools"' EXIT; \
	$(PYTHON) -m venv "$$tools"; \
	"$$tools/bin/python" -m pip --disable-pip-version-check --no-input --quiet install "uv==$(UV_VERSION)"; \
	"$$tools/bin/uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
		--extra dev $(UPGRADE) pyproject.toml -o requirements.lock; \
	echo "duckdb>=2.0,<2.1" | "$$tools/bin/uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --no-config \
		--python-version 3.11 $(UPGRADE) - -o requirements-duckdb2.lock

clean: ## Remove the environment, caches and build output; the data under .handoff stays.
	@rm -rf .venv .venv-duckdb2 .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || { \
		echo "Python 3.11 to 3.14 is needed, and '$(PYTHON)' is not that. Name one that is: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv from requirements.lock: once, one to three minutes ..."
	@$(PYTHON) -m venv .venv || { echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv-duckdb2/.ready: .venv/.ready requirements.lock requirements-duckdb2.lock pyproject.toml
	@echo "Setting up .venv-duckdb2: the same packages with DuckDB 2.0 ..."
	@$(PYTHON) -m venv .venv-duckdb2
	@.venv-duckdb2/bin/python -m pip --disable-pip-version-check --no-input --quiet install --no-deps --require-hashes -r requirements.lock
	@.venv-duckdb2/bin/python -m pip --disable-pip-version-check --no-input --quiet install --no-deps --require-hashes -r requirements-duckdb2.lock
	@.venv-duckdb2/bin/python -m pip --disable-pip-version-check --no-input --quiet install --no-deps --no-build-isolation -e .
	@touch $@
