# Two commands: `make up` and `make test`. Both do all of their own set-up, and both can be interrupted and run again.
PYTHON ?= python3
# Two tests a core: those on the engine wait more than they work.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
BIN := .venv/bin

.PHONY: help up down test checks tests soak fuzz bench dist release docs prose format lock clean setup engine chromium bytecode

help:
	@echo 'make up      deploy the example workflow into an emulator on this machine, with the real Pulumi engine'
	@echo 'make down    take it away again'
	@echo 'make test    linters, types, layers, all tests; those of the provider on the real engine'
	@echo 'make soak    faults of all kinds on the real parts for SOAK_SECONDS (600), and the random tests for longer'
	@echo 'make fuzz    hostile files and the like, with bounds on time and memory, for FUZZ_SECONDS (600) each'
	@echo 'make bench   how fast it all is, on this machine (docs/benchmarks.md)'
	@echo 'make dist    build the wheel and the sdist, and try them in empty environments, with a deployment'
	@echo 'make release make dist, known problems and licences of dependencies, and all tests on every Python here'
	@echo 'make docs    write the generated documents, and build the documentation site into the folder site'
	@echo 'make prose   plain English: the rules of tools/prose.toml, in all files, or in FILES="a.py docs"'
	@echo 'make format  put the code into the form that `make test` asks for'
	@echo 'make lock    pin the dependencies anew (requirements/, engine/go.txt)'
	@echo 'make clean   remove .venv, the engine, caches'

up: engine
	@$(BIN)/python examples/quickstart.py up

down: setup
	@$(BIN)/python examples/quickstart.py down

# Two things at a time if one of them needs a single core or waits for a download.
test:
	@$(MAKE) --no-print-directory -j2 engine chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j2 checks tests

checks: setup
	$(BIN)/python tools/prose.py
	$(BIN)/mypy
	$(BIN)/lint-imports

# Empty, since pytest compiles tests and plugins itself, and each process would do that again.
tests: export PYTHONDONTWRITEBYTECODE =
tests: engine bytecode
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

# The random tests for longer: an hour or two. SOAK_ONLY=1 leaves it at the faults.
soak: export SOAK_SECONDS ?= 600
soak: engine bytecode
	$(BIN)/python -m pytest -n 0 tests/soak
ifndef SOAK_ONLY
	SEQUENCES=20000 $(BIN)/python -m pytest tests/resources/test_sequences.py
	EXPORTED=5000 $(BIN)/python -m pytest tests/exporting/test_export_python.py -k any_definition
	HISTORIES=50 $(BIN)/python -m pytest tests/engine/test_model_engine.py
	BACKTEST_CONVERSATIONS=50000 $(BIN)/python -m pytest tests/evidence/test_soundness.py
	EMULATOR_KILLS=50 $(BIN)/python -m pytest tests/emulator/test_emulator_kill.py
	TRAFFIC_FLOWS=400 $(BIN)/python -m pytest tests/evidence/test_traffic.py
endif

# A module in tests/fuzz/targets/ each. A failure prints its seed: make fuzz FUZZ_SEED=…
fuzz: export FUZZ_SECONDS ?= 600
fuzz: setup bytecode
	$(BIN)/python -m pytest -n 0 tests/fuzz

bench: engine bytecode
	@set -e; for each in $(sort $(wildcard benchmarks/*.py)); do echo "== $$each"; $(BIN)/python $$each; done

# Their tools are in an environment of their own, so that the tests run with what requirements/dev.txt has.
dist: engine .release/complete
	@.release/tools/bin/python -m tools.dist

release: dist
	@.release/tools/bin/python -m tools.release $(RELEASE)

.release/complete: requirements/release.txt
	@echo 'Installing the pinned tools for releases into .release: about 20 seconds …'
	@rm -f $@
	@mkdir -p .release && $(PYTHON) -m venv .release/tools
	@.release/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.txt
	@touch $@

# What the documents show is run on the real engine, which takes a minute.
docs: engine
	@$(BIN)/python -m tools.docs
	@$(BIN)/python -m tools.site

prose: setup
	@$(BIN)/python tools/prose.py $(FILES)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/complete

engine: setup
	@$(BIN)/python engine/install.py

# As pip leaves a package that it installs. Otherwise, with PYTHONDONTWRITEBYTECODE, every process compiles it again.
bytecode: setup
	@$(BIN)/python -m compileall -q provider tests tools benchmarks

# The emulator's page is tested in a real browser, which comes from the system's packages.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo 'Installing Chromium: about a minute …' && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium \
		>/dev/null; } || { echo 'The tests need Chromium: apt-get install chromium' >&2; exit 1; }

# Removed first, so that an interrupted installation is made anew.
.venv/complete: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3 …' >&2; exit 1; }
	@echo 'Installing the pinned dependencies into .venv: about 30 seconds …'
	@rm -f $@
	@$(PYTHON) -m venv .venv || \
		{ echo 'python3 cannot make a virtual environment; on Debian: apt install python3-venv' >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock: COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --custom-compile-command 'make lock'
lock: setup
	$(COMPILE) --python-version 3.11 --extra testing --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) --python-version 3.11 --group pyproject.toml:release -c requirements/dev.txt -o requirements/release.txt
	$(COMPILE) --no-annotate engine/go.in -o engine/go.txt

clean:
	rm -rf .venv .engine .release dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
