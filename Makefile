# Everything a day with Soundalike needs. Wants only Python >= 3.11 with pip, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Some systems ship Python without ensurepip: there the system's own pip fills the environment.
FIND_PIP := if $(BIN)/python -m pip --version >/dev/null 2>&1; then pip="$(BIN)/python -m pip"; \
	  else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	  pip="$$pip --quiet --disable-pip-version-check"

.DEFAULT_GOAL := help
.PHONY: help setup demo run test frameworks postgres lint fmt bench lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY)  ## make .venv and install the pinned packages and this project into it

demo: $(READY)  ## synthesise a small catalogue, index it, ask it, show the answer
	@$(BIN)/soundalike demo

run: $(READY)  ## start the Discord bot (reads .env)
	@$(BIN)/soundalike run

test: $(READY)  ## run the tests, with coverage
	@$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term

# The rest stays as the lock pins it. The CPU build of PyTorch is tried first, because the other one
# brings gigabytes of CUDA. PyPI has only that: pip finds the CPU build where its settings name an
# index or a folder that holds one (PyTorch's own is https://download.pytorch.org/whl/cpu).
frameworks: $(READY)  ## add TensorFlow and PyTorch, which the tests compare conversion with
	@echo "Installing TensorFlow and PyTorch into $(VENV) ..."
	@$(FIND_PIP); $$pip freeze --exclude-editable > $(VENV)/pins.txt && \
	  { $$pip install --constraint $(VENV)/pins.txt torch==2.13.0+cpu 2>/dev/null || true; } && \
	  $$pip install --constraint $(VENV)/pins.txt --no-build-isolation --editable '.[convert]'

postgres: $(READY)  ## add psycopg and a PostgreSQL server, which the tests of the store run
	@echo "Installing PostgreSQL into $(VENV) ..."
	@$(FIND_PIP); $$pip freeze --exclude-editable > $(VENV)/pins.txt && \
	  $$pip install --constraint $(VENV)/pins.txt --no-build-isolation --editable '.[postgres-test]'

lint: $(READY)  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(READY)  ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## time the main job beside its peers
	@$(BIN)/soundalike bench

lock:  ## pin the newest allowed packages again (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --fork-strategy requires-python --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --group dev pyproject.toml --output-file requirements.lock

clean:  ## remove .venv and what tests and checks leave; indexes stay
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* htmlcov \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Soundalike needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	  echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  rm -rf $(VENV); $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV); }; }
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(FIND_PIP); $$pip install --require-hashes -r requirements.lock && \
	  $$pip install --no-deps --no-build-isolation --editable .
	@touch $@
