# Targets for people: `make demo` shows the whole chain, `make test` checks the tree.

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PACKAGES := audio dataset export ingest lyre sample train warehouse

# The first Python that Lyre's dependencies have wheels for.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$p && break; done)

# The demo: a sample of the Million Song Dataset, kept apart from your own data.
DEMO ?= data/demo
DEMO_TRACKS ?= 500
DEMO_EPOCHS ?= 8
# The sample is small: v1's tag counts and the vocabulary's size shrink with it.
DEMO_VARS := {tag_target_min_count: 10, tag_pool_min_count: 2, vocabulary_size: 15, min_positives_per_split: 0}
# The default model; it hears three windows of every clip in each epoch.
DEMO_FIT := --set training.epochs=$(DEMO_EPOCHS) --set input.window_seconds=3 \
	--set input.windows_per_track=3 --set validation.windows=2
DEMO_CLIP := from marts.training_set where split = 'test' order by track_id limit 1

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup setup-all pretrained demo docs test test-all lint types coverage audit \
	bench fuzz clean

help:
	@echo "make demo      sample data to a trained tagger, in a few minutes"
	@echo "make test      lint, type check, fast tests"
	@echo "make test-all  the slow tests too"
	@echo "make lint      style of code and SQL alone"
	@echo "make types     mypy alone"
	@echo "make coverage  all tests, and which public functions none of them runs"
	@echo "make audit     known weaknesses of the locked dependencies; needs the network"
	@echo "make bench     the benchmarks at small sizes, to see that they run"
	@echo "make fuzz      every reader on damaged files; takes up to two hours"
	@echo "make docs      site/index.html: every table and column, and what it is made of"
	@echo "make setup     only create $(VENV)"
	@echo "make setup-all the optional parts too"
	@echo "make pretrained the published weights of musicnn, for --model musicnn-msd"
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

# What the slow tests need beside it: Spark, ONNX, Chromaprint, a microphone.
EXTRAS := fingerprint,onnx,record,spark
setup-all: $(VENV)/.installed-all

$(VENV)/.installed-all: $(VENV)/.installed
	$(RUN) -m pip install --quiet --constraint requirements.lock --editable '.[$(EXTRAS)]'
	@touch $@

# The published weights lie in this package; its own requirements are out of date, and
# only its files are read.
pretrained: setup
	$(RUN) -m pip install --quiet --no-deps musicnn==0.1.0

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 warehouse/models warehouse/tests

types: setup
	$(BIN)/mypy

test: lint types
	$(BIN)/pytest -n 2 --dist loadscope

test-all: setup-all pretrained lint types
	$(BIN)/pytest -n 2 --dist loadscope -m ''

coverage: setup-all pretrained
	$(BIN)/pytest -n 2 --dist loadscope -m '' --cov --cov-report=term:skip-covered \
		--cov-report=json:.coverage.json
	@$(RUN) tests/untested.py .coverage.json

# The advisories lie on a server; without it nothing is known, which is no success.
audit: setup
	@$(BIN)/pip-audit --strict --requirement requirements.lock --disable-pip --no-deps || { \
		echo "Not passed: either weaknesses are listed above, or there is no network" \
			"to ask for them"; exit 1; }

fuzz: setup
	$(RUN) -m fuzz --keep data/faults

# Small sizes tell that the benchmarks run, not how fast Lyre is: see benchmarks/README.md.
SMALL := data/benchmarks/small
bench: setup pretrained
	$(RUN) -m benchmarks.ingest --songs 1000
	$(RUN) -m benchmarks.audio --clips 10
	$(RUN) -m benchmarks.export --clips 10 --rounds 1 --tracks 1000
	$(RUN) -m benchmarks.warehouse --songs 1000
	$(RUN) -m benchmarks.predict --clips 2 --rounds 1
	$(RUN) -m benchmarks.train --rounds 1 --steps 1
	$(RUN) -m benchmarks.transfer --songs 100 --epochs 1 --folder $(SMALL)/transfer
	$(RUN) -m benchmarks.learning --songs 100 --epochs 1 --rows pons-logmel \
		--folder $(SMALL)/learning
	$(RUN) -m benchmarks.scale

demo: export LYRE_CONFIG = $(DEMO)/lyre.toml
demo: setup
	@mkdir -p $(DEMO) && echo 'data_dir = "."' > $(DEMO)/lyre.toml
	@echo "[1/8] Write $(DEMO_TRACKS) songs, their tags and clips, faults included"
	@$(RUN) -m sample --tracks $(DEMO_TRACKS) --out $(DEMO)/sources
	@echo "[2/8] Ingest: the sources become raw tables"
	@$(RUN) -m ingest all
	@echo "[3/8] dbt build: SQL decides which tracks and tags are kept, and tests it"
	@$(BIN)/dbt --quiet build --vars '$(DEMO_VARS)'
	@echo "[4/8] What each rule took"
	@$(RUN) -m warehouse query "select * from marts.cleaning_funnel order by rule_order"
	@echo "[5/8] Export: the final table becomes shards of log-mel spectrograms"
	@$(RUN) -m export tfrecord --replace
	@echo "[6/8] Train on the CPU"
	@$(RUN) -m train fit --name demo --replace $(DEMO_FIT)
	@echo "[7/8] Evaluate on the artist-separated test split"
	@$(RUN) -m train evaluate demo
	@echo "[8/8] Predict the tags of one clip of the test split, which are in truth:"
	@$(RUN) -m warehouse query "select path, artist_name, title, labels $(DEMO_CLIP)"
	@$(RUN) -m train predict demo --top 8 $(DEMO)/sources/audio/$$( \
		$(RUN) -m warehouse query --format csv "select path $(DEMO_CLIP)" | tail -n 1)
	@echo
	@echo "The results lie in $(DEMO):"
	@echo "  sources/        the sample; ground_truth/ lists every fault that was planted"
	@echo "  lyre.duckdb     the warehouse; marts.excluded_tracks says why a track is out"
	@echo "  exports/        shards, labels and manifest.json of the training set"
	@echo "  runs/demo/      model, configuration, history and metrics"
	@echo "Try next:"
	@echo "  export LYRE_CONFIG=$(DEMO)/lyre.toml"
	@echo "  $(RUN) -m warehouse query 'select * from marts.excluded_tracks'"
	@echo "  $(RUN) -m train predict demo FILE_OR_FOLDER_OF_YOUR_OWN"

# One page that needs no server: of the warehouse of LYRE_CONFIG, else of the demo's if
# there is one, else of lyre.toml's.
docs: export LYRE_CONFIG := $(or $(LYRE_CONFIG),$(wildcard $(DEMO)/lyre.toml),lyre.toml)
docs: setup
	@$(BIN)/dbt --quiet docs generate --static
	@mkdir -p site && cp $${DBT_TARGET_PATH:-target}/static_index.html site/index.html
	@echo "Open site/index.html"

clean:
	rm -rf $(VENV) $(DEMO) target logs site
