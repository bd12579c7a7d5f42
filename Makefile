# Every target does its own set-up: on a fresh machine only Python 3.10 or 3.11, make and a package index are needed.

SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))
# The first that runs: a version manager leaves commands behind that only print an error.
PYTHON ?= $(shell for p in python3.11 python3.10 python3 python; do \
	if $$p -c '$(SUPPORTED)' 2>/dev/null; then echo $$p; break; fi; done)
EXTRAS ?= local,dev
SOAK_RUNS ?= 20
TESTS ?= tests/integration/emulator
BIN := .venv/bin
# Warnings off: the build backend's on editable installs tell a user nothing.
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test lint coverage bench bench-serving soak stop clean setup chromium
.DEFAULT_GOAL := run

run: setup
	@$(BIN)/amlgpu run --target local

# Most tests wait for processes: three at a time, a file at a time because a file's tests share a workspace. In the order
# of the tree, which starts with the long files: xdist's own order starts with those of many tests, which are short.
test: setup chromium
	@PYTHONWARNINGS=ignore::DeprecationWarning:azureml._common.async_utils.daemon \
		$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# After a change of the local workspace's routes: names a test for each, and writes the page. A part is enough where the
# rest is as it was: make coverage TESTS=tests/integration/emulator/azure/assets/test_models.py
coverage: setup
	@$(BIN)/pytest $(TESTS) --record-coverage --numprocesses 2 --dist loadfile
	@$(BIN)/python -m tests.integration.emulator.coverage.page

bench: .venv/.bench
	@$(BIN)/python -m benchmarks

# For example: make bench-serving ARGS="--quick"
bench-serving: .venv/.bench
	@$(BIN)/python -m benchmarks.serving $(ARGS)

# The scoring service and the router of the local workspace under long load, the workspace under 100 times kill -9,
# emulator/README.md after a real installation (the tests name their variables), then one release after the other on one
# local workspace; the first that fails ends it.
soak: setup
	@$(BIN)/pytest -m soak --capture=no --verbose tests/soak tests/integration/emulator
	@AMLGPU_RUNS=5 $(BIN)/pytest --capture=no --verbose tests/e2e/test_concurrent.py
	@for i in $$(seq $(SOAK_RUNS)); do echo "run $$i of $(SOAK_RUNS)"; $(BIN)/amlgpu run --target local || exit $$?; done

stop:
	@if [ -x $(BIN)/amlgpu ]; then $(BIN)/amlgpu local down; fi

clean:
	@$(MAKE) --no-print-directory stop || echo "warning: the local workspace couldn't be stopped; cleaning all the same" >&2
	@rm -rf .venv .venv-peers .amlgpu sample benchmarks/cache build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: .venv/.installed

# For tests/browser, which skip without it.
chromium: setup
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium for the browser tests ..."; \
		{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; } \
			>/dev/null 2>&1 || echo "warning: Chromium couldn't be installed; the browser tests skip" >&2; fi

# pip first: the one that Python brings may be years old and spend ten minutes on choosing versions.
.venv/.installed: setup.py $(wildcard emulator/pyproject.toml) constraints.txt
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(SUPPORTED)' 2>/dev/null; then \
		echo "error: this project needs Python 3.10 or 3.11 (azureml-train-automl-client stops below 3.12)," >&2; \
		echo "and $(if $(PYTHON),$(PYTHON) is not one,none was found). Name one: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; fi
	@echo "Installing into .venv (a few minutes the first time) ..."
	@{ $(BIN)/python -c '$(SUPPORTED)' && $(BIN)/python -m pip --version; } >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PIP) --upgrade pip
	@$(PIP) --editable ./emulator --editable ".$(if $(EXTRAS),[$(EXTRAS)])"
	@touch $@

.venv/.bench: .venv/.installed
	@$(PIP) --editable ".[bench]"
	@touch $@
