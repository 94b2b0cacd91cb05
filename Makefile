# make demo: the main jobs on a throw-away sandbox.  make test: the tests.  Both set up what they need.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint types format clean

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

demo: $(VENV)/.sandbox ## Run the main jobs on a throw-away sandbox
	@$(BIN)/lmx demo

test: $(VENV)/.dev ## Run the tests
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev ## Check style and the rules that keep the rooms apart
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@test ! -d deploy || $(BIN)/cfn-lint deploy/template.yaml

types: $(VENV)/.dev ## Check the types
	$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into shape
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

clean: ## Remove what was built and installed
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 3; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.sandbox: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing lmx and its sandbox into $(VENV) ..."
	@$(INSTALL) --editable '.[sandbox]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing lmx and its tests into $(VENV) ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.sandbox

-include conformance.mk bench.mk package.mk
