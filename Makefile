# Targets for people: `make demo` shows the whole chain, `make test` checks the tree.

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PACKAGES := audio dataset export ingest lyre sample train warehouse

# The first Python that Lyre's dependencies have wheels for.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$p && break; done)

DEMO := data/demo
DEMO_TRACKS ?= 500
DEMO_EPOCHS ?= 12
# The sample is small: v1's tag counts and the vocabulary's size shrink with it.
DEMO_VARS := {tag_target_min_count: 10, tag_pool_min_count: 2, vocabulary_size: 15}

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-all lint types clean

help:
	@echo "make demo      sample data to a trained tagger, in a few minutes"
	@echo "make test      lint, type check, fast tests"
	@echo "make test-all  the slow tests too"
	@echo "make setup     only create $(VENV)"
	@echo "make clean     remove $(VENV) and the demo's data"

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { \
		echo "Lyre needs Python 3.11, 3.12 or 3.13; none was found (set PYTHON=...)"; \
		exit 2; }
	@echo "Setting up $(VENV) (the downloads take a minute or a few)"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --constraint requirements.lock \
		--editable '.[warehouse,train,dev]'
	@touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 warehouse/models warehouse/tests

types: setup
	$(BIN)/mypy

test: lint types
	$(BIN)/pytest -n 2

test-all: lint types
	$(BIN)/pytest -n 2 -m ''

clean:
	rm -rf $(VENV) $(DEMO) target logs
