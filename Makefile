# Two commands set everything up: `make demo` shows the product, `make test` runs all that CI runs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test test-nightly check format lint types imports unit integration openapi lock clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# make demo STORE=elasticsearch starts a node of its own and leaves it running: scripts/elasticsearch_node.py stop
STORE ?= embedded

demo: .venv/.runtime ## install, fetch the models, index the demo company, ask one question, serve the page
	@if [ "$(STORE)" = elasticsearch ]; then \
	  GROUNDSEL_STORE__URL=$$(scripts/elasticsearch_node.py start); export GROUNDSEL_STORE__URL; fi; $(BIN)/groundsel demo --store $(STORE)

test: .venv/.development chromium node servers check ## set up all that the tests need, and run all that CI runs

check: lint types imports unit integration ## what `make test` runs, once everything is installed

format: .venv/.development ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.development
	$(BIN)/mypy
	$(BIN)/basedpyright

imports: .venv/.development
	$(BIN)/lint-imports --no-logo

unit: .venv/.development ## the fast tests: no network, no weights, no browser
	$(BIN)/pytest -q -m "not integration" --durations=5

integration: .venv/.development ## the real models, a real Elasticsearch, the real page in Chromium, processes killed
	$(BIN)/groundsel models pull --defaults
	$(BIN)/pytest -q -m integration --durations=10

NIGHTLY := $(addprefix tests/integration/test_,store_model.py node_kills.py store_faults.py generations.py generation_kills.py full_disk.py)

test-nightly: .venv/.development node ## what needs hours: 5,000 sequences over every store, 40 kills of the node, 30 switches, 30 floods
	$(BIN)/pytest -q --hypothesis-profile nightly -o timeout=0 -o faulthandler_timeout=0 -m integration $(NIGHTLY)

.PHONY: chromium node servers
node: # Elasticsearch itself, fetched once: no test of its store may be skipped
	@test -n "$${GROUNDSEL_TEST_ELASTICSEARCH_URL:-}" || scripts/elasticsearch_node.py fetch

servers: # that connectors read from: PostgreSQL, Dovecot, OpenSSH, Samba
	@scripts/install-servers

chromium:
	@command -v chromium >/dev/null || scripts/install-chromium

# ---------------------------------------------------------------- environments, locked with hashes

.venv/.uv: requirements/installer.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Groundsel needs Python 3.11 or newer; found $$($(PYTHON) -V). Name another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@touch $@

.venv/.runtime: .venv/.uv requirements/runtime.txt pyproject.toml
	@echo "Installing (locked, with hashes) ..."
	@if [ ! -e .venv/.development ]; then $(BIN)/uv pip install --require-hashes -r requirements/runtime.txt; fi
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.development: .venv/.uv requirements/development.txt pyproject.toml
	@echo "Installing what the tests need (locked, with hashes) ..."
	@$(BIN)/uv pip install --require-hashes -r requirements/development.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/.runtime

openapi: .venv/.development ## write docs/openapi.json anew
	PYTHONPATH=tests $(BIN)/python -c "from plugin_parts import made; from groundsel_pipelines.stores.memory import MemoryStore; from groundsel_plugin.app import create_api; from groundsel_plugin.openapi import described; print(described(create_api(made(MemoryStore()))), end='')" > docs/openapi.json

lock: .venv/.uv ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock" -c requirements/held-back.in --group lock pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock" --group lock --group dev --extra export -c requirements/runtime.txt pyproject.toml -o requirements/development.txt
	echo uv | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock" - -o requirements/installer.txt

clean: ## remove the environment and every cache inside the repository
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
