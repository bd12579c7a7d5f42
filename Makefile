# Every target does its own set-up: on a fresh machine only Python 3.10 or 3.11, make and a package index are needed.

SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))
# The first that runs: a version manager leaves commands behind that only print an error.
PYTHON ?= $(shell for p in python3.11 python3.10 python3 python; do \
	if $$p -c '$(SUPPORTED)' 2>/dev/null; then echo $$p; break; fi; done)
EXTRAS ?= local,dev
# By which workspaces are reached: SDKS=sdk-v2 leaves SDK v1's packages out.
BOTH := sdk-v1,sdk-v2
SDKS ?= $(BOTH)
SOAK_RUNS ?= 20
TESTS ?= tests/integration/emulator
BIN := .venv/bin
# The distributions of this checkout: the project, and the local workspace where it is one of its own.
DISTRIBUTIONS := $(patsubst %/pyproject.toml,./%,$(wildcard emulator/pyproject.toml)) .
LOCK := requirements-lock.txt
# Warnings off: the build backend's on editable installs tell a user nothing.
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Nothing but wheels whose hash is in the lock; a source distribution would fetch what builds it, whose isn't.
LOCKED := $(PIP) --require-hashes --only-binary :all: --constraint $(LOCK)

.PHONY: run test lint types coverage bench bench-serving gpu pictures soak docs-commands stop clean setup lock chromium wrk
.DEFAULT_GOAL := run

# Some images set it: each of the tests' thousand processes would compile the project anew, and pytest all tests.
unexport PYTHONDONTWRITEBYTECODE

# The sample is a service as any other is. Otherwise than as it is, for example: make run ARGS="--set service.replicas=1"
RUN := $(BIN)/amlgpu run --target local --service digits --model sample/model --validation-data sample/validation
run: setup sample/model/saved_model.pb
	@$(RUN) $(ARGS)

sample/model/saved_model.pb: | setup
	@$(BIN)/amlgpu sample

# Most tests wait for processes: four at a time, a file at a time because a file's tests share a workspace. In the order
# of the tree, which starts with the long files: xdist's own order starts with those of many tests, which are short.
test: setup chromium
	@PYTHONWARNINGS=ignore::DeprecationWarning:azureml._common.async_utils.daemon \
		$(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

# mypy takes one core, and needs nothing compiled: what is installed is compiled meanwhile.
lint: .venv/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=2) types setup

types: .venv/.installed
	@$(BIN)/mypy

# After a change of the local workspace's routes: names a test for each, and writes the page. A part is enough where the
# rest is as it was: make coverage TESTS=tests/integration/emulator/azure/assets/test_models.py
coverage: setup
	@$(BIN)/pytest $(TESTS) --record-coverage --numprocesses 2 --dist loadfile
	@$(BIN)/python -m tests.integration.emulator.coverage.page

bench: wrk .venv/.bench
	@$(BIN)/python -m benchmarks

# For example: make bench-serving ARGS="--quick"
bench-serving: wrk .venv/.bench
	@$(BIN)/python -m benchmarks.serving $(ARGS)

# On a machine with an NVIDIA GPU; elsewhere a rehearsal on the CPU. For example: make gpu ARGS="--budget 600"
gpu: wrk .venv/.gpu
	@$(BIN)/python -m benchmarks.gpu $(ARGS)

# The README's: docs/pictures, of a release of the sample on a workspace of its own.
pictures: setup chromium
	@$(BIN)/python -m docs.pictures

# The scoring service and the router of the local workspace under long load, the service's description against what it
# does, the workspace under 20,000 odd bodies and 100 times kill -9, emulator/README.md and docs/sdk-v2.md after a real
# installation, the zoo's other kinds of models (the tests name their variables), then one release after the other on one
# local workspace; the first that fails ends it.
soak: setup sample/model/saved_model.pb
	@$(BIN)/pytest -m soak --capture=no --verbose tests/soak tests/e2e tests/integration/emulator \
		tests/integration/scoring
	@for i in $$(seq $(SOAK_RUNS)); do echo "run $$i of $(SOAK_RUNS)"; $(RUN) || exit $$?; done

# The commands of az that the pages, the workflows and the program name, by azure-cli's own parser. Its environment is
# large, and the tests skip without it; `make test` has its table of options, which `python -m docs.commands` writes.
docs-commands: setup .venv-az/.installed
	@$(BIN)/pytest -m soak tests/soak/docs tests/unit/docs/commands

.venv-az/.installed: docs/commands/requirements.txt
	@$(PYTHON) -m venv --clear .venv-az
	@echo "Installing azure-cli into .venv-az (some minutes) ..."
	@PYTHONWARNINGS=ignore .venv-az/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--only-binary :all: --requirement $<
	@touch $@

stop:
	@if [ -x $(BIN)/amlgpu ]; then $(BIN)/amlgpu local down; fi

clean:
	@$(MAKE) --no-print-directory stop || echo "warning: the local workspace couldn't be stopped; cleaning all the same" >&2
	@rm -rf .venv .venv-az .venv-peers .venv-loop .amlgpu sample benchmarks/cache .pytest_cache .mypy_cache .ruff_cache
	@rm -rf build dist *.egg-info emulator/build emulator/dist emulator/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: .venv/.compiled
	@:

# After a change of what setup.py requires. Locked versions that still fit stay as they are; ARGS=--upgrade takes the
# newest of all, ARGS="--upgrade-package ruff" of one. It holds everything for every extra, but not what lies in this
# checkout; INSTALL takes from it what is needed. Of the same versions the image's conda file is made, with Python 3.11.
lock:
	$(VENV)
	@$(LOCKED) uv
	@printf '%s\n' pip uv $(patsubst ./%,'./%[$(BOTH)]',$(filter-out .,$(DISTRIBUTIONS))) | UV_PYTHON_DOWNLOADS=never \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --all-extras \
		--custom-compile-command "make lock" --no-emit-package azureml-emulator --output-file $(LOCK) $(ARGS) setup.py -
	@UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --python-version 3.11 --only-binary :all: \
		--python-platform x86_64-manylinux_2_39 --constraint $(LOCK) --format pylock.toml \
		--output-file .venv/pylock.image.toml scoring/environment/requirements.in
	@$(BIN)/python -m pipelines.infrastructure.image_lock .venv/pylock.image.toml

chromium: setup
	@$(call DEBIAN_PACKAGE,chromium,the browser tests skip)

wrk:
	@$(call DEBIAN_PACKAGE,wrk,the benchmarks of serving and routing need it (macOS: brew install wrk))

# Where apt-get may install it. $(1): the package and its command; $(2): what its lack means.
DEBIAN_PACKAGE = command -v $(1) >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	&& echo "Installing $(1) ..." && { apt-get update && DEBIAN_FRONTEND=noninteractive \
	apt-get install --yes --no-install-recommends $(1); } >/dev/null 2>&1; } \
	|| echo "warning: $(1) isn't installed, and can't be from here: $(2)" >&2

.venv/.compiled: .venv/.installed
	@$(COMPILE)
	@touch $@

.venv/.installed: setup.py $(wildcard emulator/pyproject.toml) $(LOCK)
	$(VENV)
	@echo "Installing into .venv (a few minutes the first time) ..."
	@rm -rf *.egg-info emulator/*.egg-info # of an earlier version: Python would still find its entry points here
	@$(PIP) --no-deps --no-build-isolation $(addprefix --editable ,$(DISTRIBUTIONS))
	@$(call INSTALL,$(SDKS)$(EXTRAS:%=,%))
	@touch $@

.venv/.bench: .venv/.compiled
	@$(call INSTALL,bench)
	@$(COMPILE)
	@touch $@

# Where there is a GPU, TensorFlow's build for it takes the place of the CPU's: their files have the same names.
.venv/.gpu: .venv/.bench
	@if nvidia-smi --list-gpus >/dev/null 2>&1; then $(call INSTALL,gpu); \
		$(BIN)/python -m pip uninstall --quiet --yes tensorflow-cpu && \
		$(LOCKED) --no-deps --force-reinstall tensorflow; fi
	@$(COMPILE)
	@touch $@

# What the installed distributions require, with the extras $(1).
INSTALL = $(LOCKED) --no-compile "aml-gpu-pipeline[$(1)]" || { \
	echo "error: if the above says that something isn't pinned, or conflicts: make lock brings $(LOCK) up to date" >&2; \
	exit 1; }

# On all cores, of which pip takes one.
COMPILE = PYTHONWARNINGS=ignore $(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true

MAKE_GOALS = $(strip make $(MAKECMDGOALS))

# pip first, and by requirements, not constraints: the one that Python brings doesn't look for hashes in constraints.
define VENV
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(SUPPORTED)' 2>/dev/null; then \
		echo "error: make needs Python 3.10 or 3.11 ($(LOCK) is for SDK v1 too, which stops below 3.12)," >&2; \
		echo "and $(if $(PYTHON),$(PYTHON) is not one,none was found). Install one, or name one that is there:" >&2; \
		echo '    uv python install 3.11 && $(MAKE_GOALS) PYTHON="$$(uv python find 3.11)"' >&2; \
		echo '    pyenv install 3.11 && $(MAKE_GOALS) PYTHON="$$(pyenv prefix 3.11)/bin/python"' >&2; \
		echo '    apt-get install python3.11-venv && $(MAKE_GOALS)    (Ubuntu 24.04: from ppa:deadsnakes/ppa)' >&2; \
		echo '    $(MAKE_GOALS) PYTHON=/path/to/python3.11' >&2; \
		echo 'On Python 3.12 and 3.13 pip installs the project with SDK v2 alone: docs/sdk-v2.md' >&2; \
		exit 1; fi
	@{ $(BIN)/python -c '$(SUPPORTED)' && $(BIN)/python -m pip --version; } >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@sed -nE '/^(pip|setuptools)==/,/[^\\]$$/p' $(LOCK) > .venv/pip.txt
	@$(PIP) --require-hashes --only-binary :all: --requirement .venv/pip.txt
endef
