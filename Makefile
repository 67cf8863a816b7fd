# Everything is done by `make <target>`; all it needs is git, make and Python >= 3.11 with venv.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT := $(PYTHON) -m deploy.parts.environments

# Even where the environment forbids it: tests start hundreds of processes, and each would compile
# all modules anew.
export PYTHONDONTWRITEBYTECODE :=

# Two at a time; the tests of one file stay together, for some follow a story.
SIDE_BY_SIDE := -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset lint check test test-ganeti tempest chaos storm bench lock clean python environment

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

python:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or later with venv is needed; '$(PYTHON)' is not. Say: make PYTHON=/path/to/python3.11"; exit 1; }

environment: python
	@$(ENVIRONMENT) cyclades tempest

demo: python ## Install and run the whole cloud here, in the foreground
	@$(ENVIRONMENT) cyclades keystone clients
	@exec $(BIN)/python -m deploy.standalone

demo-reset: ## Forget everything the demo has kept
	@$(PYTHON) -m deploy.standalone.reset

lint: environment ## Format, lint, types and architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## The same, and unit and contract tests
	$(BIN)/pytest -q $(SIDE_BY_SIDE) tests/unit tests/contract

test: python ## All tests, with a real PostgreSQL, RabbitMQ and Keystone of their own
	@$(ENVIRONMENT) cyclades keystone clients tempest
	$(BIN)/pytest -q $(SIDE_BY_SIDE) tests/unit tests/contract tests/integration tests/faults
	$(BIN)/pytest -q tests/e2e

test-ganeti: python ## End to end on real Ganeti clusters (root, Debian; makes and removes them)
	@$(ENVIRONMENT) cyclades keystone clients
	tests/ganeti/run.sh

# `make tempest LIST=interop`, `make tempest AREA=network`, `make tempest TESTS="id …"`
tempest: python ## OpenStack's own tests against the demo, or the cloud of OS_* (LIST= or AREA=)
	@$(ENVIRONMENT) cyclades tempest
	$(BIN)/python -m tests.tempest $(if $(LIST),--list $(LIST)) $(if $(AREA),--area $(AREA)) \
	  $(if $(JSON),--json $(JSON)) $(TESTS)

chaos: python ## Everything fails while 500 servers are made and deleted; ten seeds (SEED=7: one)
	@$(ENVIRONMENT) cyclades keystone
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

storm: python ## 100,000 job transitions in a minute on 100 simulated clusters, and their figures
	@$(ENVIRONMENT) cyclades keystone
	$(BIN)/python -m tests.storm $(if $(JSON),--json $(JSON))

bench: python ## The figures of the performance budget, as JSON and a table (CROWD=1: 500 servers)
	@$(ENVIRONMENT) cyclades keystone
	$(BIN)/python -m tests.bench $(if $(CROWD),--crowd) $(if $(JSON),--json $(JSON))

# `make lock UPGRADE=--upgrade` takes the newest releases the ranges allow.
LOCK := .demo/env/bootstrap/bin/uv pip compile -q --generate-hashes --no-emit-index-url \
        --no-header --universal --python-version 3.11 $(UPGRADE)
lock: python ## Write the lock files anew from pyproject.toml and deploy/locks/*.in
	@$(ENVIRONMENT) bootstrap
	$(LOCK) pyproject.toml --group dev -o requirements.lock
	$(LOCK) pyproject.toml -c requirements.lock --no-annotate -o deploy/locks/runtime.lock
	for name in bootstrap clients keystone tempest; do \
	  $(LOCK) deploy/locks/$$name.in -o deploy/locks/$$name.lock || exit 1; done

clean: ## Remove environments and caches (the demo's state is demo-reset's)
	rm -rf .venv .demo/env .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find services shared deploy tests -name __pycache__ -prune -exec rm -rf {} +
