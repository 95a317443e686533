# Tocsin: everything a newcomer or the build server runs. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# uv from the PATH, or one of our own under .uv/ that touches nothing else on the machine.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON ?= python3
VENV := .venv/bin
STAGE ?= local
PYTEST_WORKERS ?= 2
SEEDS ?= 500
FIRST ?= 1
export AWS_REGION ?= eu-central-1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.PHONY: kills help install hooks lint fmt test test-fast up down bench demo demo-crisis watch-demo synth clean conformance torture torture-mutants

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

install: .venv/.installed node_modules/.installed ## Install the locked dependencies into .venv and node_modules

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet 'uv>=0.9'

.venv/.installed: pyproject.toml uv.lock $(filter .uv/%,$(UV))
	$(UV) sync --locked --quiet
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

hooks: install ## Have git check each commit as `make lint` does
	$(VENV)/pre-commit install

lint: .venv/.installed ## Check style, types and the layering
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

fmt: .venv/.installed ## Format, and fix what ruff can fix
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

test: install lint ## Lint, run every test, the local stack included, and 500 seeds of the fault simulation
	$(VENV)/pytest -n $(PYTEST_WORKERS) --dist loadgroup
	$(MAKE) --no-print-directory torture

test-fast: install ## Run the tests that need no stack and no synth
	$(VENV)/pytest -n $(PYTEST_WORKERS) -m "not e2e and not synth"

up: install ## Start the local stack and deploy to it
	$(VENV)/tocsin up

down: install ## Stop the local stack and remove what it left
	$(VENV)/tocsin down

kills: install ## Kill the deployed stack's workers at work: nothing lost, nothing doubled
	TOCSIN_KILLS=1 $(VENV)/pytest tests/e2e/test_kills.py

demo: install ## Watch a slice of a real day on a stack of its own
	$(VENV)/tocsin demo

demo-crisis: install ## Watch a food-safety crisis, from the first post to the evidence
	$(VENV)/tocsin demo-crisis

bench: install ## Measure, and write docs/performance.md: make bench ONLY=lateness
	$(VENV)/python -m bench $(if $(ONLY),--only $(ONLY))

watch-demo: install ## Break the pager on purpose, and see who is told
	$(VENV)/tocsin watch-demo

conformance: install ## The contract suite on another DynamoDB: make conformance STORE=dynalite
	$(VENV)/python -m conformance.run $(if $(STORE),--store $(STORE))

torture: .venv/.installed ## Run the fault simulation: make torture SEEDS=500 FIRST=1, or SEED=42 with its story
	$(VENV)/python -m torture $(if $(SEED),replay $(SEED),run --seeds $(SEEDS) --first $(FIRST) --workers $(PYTEST_WORKERS) $(if $(RECORD),--record))

torture-mutants: .venv/.installed ## Switch off each protection in turn; the simulation has to notice
	$(VENV)/python -m torture mutants --seeds $(SEEDS) --first $(FIRST) --workers $(PYTEST_WORKERS) $(if $(RECORD),--record)

synth: install ## Synthesize a stage: make synth STAGE=prod
	node_modules/.bin/cdk synth --quiet -c stage=$(STAGE)

clean: ## Remove what was built (not .venv, not node_modules)
	rm -rf .build cdk.out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
