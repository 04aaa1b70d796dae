# Every target works on a fresh machine with Python 3.11 and make: environments are built on first use.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
TRUELINE_HOME ?= trueline-data
PORT ?= 8000
PYTEST_WORKERS ?= 2

.PHONY: run test test-all check lint types floors bench docs-reference clean

$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.spark: requirements-spark.lock $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	touch $@

run: $(VENV)/.run        ## demo operator, assessment, pages on loopback
	TRUELINE_HOME=$(TRUELINE_HOME) $(BIN)/trueline run --port $(PORT)

# Pages are looked at in Chromium where it and its driver are installed, and skipped elsewhere.
test: $(VENV)/.dev       ## everything that needs no server of another kind
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m "not slow and not spark and not server" tests

test-all: $(VENV)/.spark ## the sweeps too: Spark, real servers, long fuzzing
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) tests

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench

types: $(VENV)/.dev
	$(BIN)/mypy

floors: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types floors ## lint, types, floors

bench: $(VENV)/.dev      ## ratios measured side by side in one run
	$(BIN)/python -m bench

docs-reference: $(VENV)/.dev ## the pages that are written from the code
	$(BIN)/python -m tests.house.cli_reference > docs/reference/cli.md.new
	mv docs/reference/cli.md.new docs/reference/cli.md

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
