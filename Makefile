# Two commands matter on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8080

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench evaluate trials hunt node-clients lock clean

help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: requirements/run.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## Set up, start the gateway with an offline demo model and show a first recorded exchange
	$(BIN)/ai-gateway demo --port $(PORT)

test: $(VENV)/.dev lint ## Set up, check and test everything (hermetic, under 10 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

lint: $(VENV)/.dev ## Formatting, lint, types and the import arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports --config pyproject.toml

format: $(VENV)/.dev ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Latency, throughput and the per-stage split, in one run on this machine
	$(BIN)/python -m tests.benchmarks.bench_gateway

evaluate: $(VENV)/.dev ## Measure detection: ours beside stock Presidio, with a page of charts (DATA=folder of labelled sets)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --require-hashes -r requirements/evaluate.lock \
		|| echo "The medium model to compare with could not be installed: its column is left out."
	@mkdir -p var
	$(BIN)/python -m detectors.evaluate $(DATA) --allow maidstone --all --html var/evaluation.html --markdown var/evaluation.md

trials: $(VENV)/.dev ## The long fault trials: 200 kills under load, durability by system-call order
	$(BIN)/python -m pytest -q -m trial tests/faults

hunt: $(VENV)/.dev ## The property tests with other and more examples than `make test` draws
	$(BIN)/python -m pytest -n 2 -q -m hypothesis --hypothesis-profile=hunt

node-clients: ## Install the clients from npm that tests/clients/test_node.py drives (Node 22 or later)
	npm ci --prefix tests/clients/node --ignore-scripts --no-audit --no-fund

lock: ## Pin every dependency again, with hashes (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --extra build --extra dev --no-annotate --no-header -q -o requirements/dev.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --extra build -c requirements/dev.lock --no-annotate --no-header -q -o requirements/run.lock

clean: ## Remove the virtual environment, caches and demo data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis var
