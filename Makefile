# make demo: the main jobs on a throw-away sandbox.  make test: the tests.  Both set up what they need.
# `make` alone lists all targets.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint types format package conformance bench clean

# The tests start many processes: without compiled files each would compile all that it loads.
unexport PYTHONDONTWRITEBYTECODE

# The bundle for AWS Lambda: built for Lambda's own platform, whatever this machine is, and for the Python that runs here.
BUNDLE := build/lambda
SERVICES := dynamodb secretsmanager sns sqs sts
PLATFORM ?= manylinux2014_aarch64
# What a function never loads: the terminal, the receiver's own server, what Powertools has for other purposes.
UNUSED := annotated_doc annotated_types click h11 markdown_it mdurl pydantic pydantic_core pygments rich shellingham \
	typer typing_inspection uvicorn learnermax_cli/cli learnermax_cli/sandbox
# One time for all files, 2026-01-01 in UTC, so that the same source gives the same bundle.
EPOCH := 1767225600

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

demo: $(VENV)/.sandbox ## Run the main jobs on a throw-away sandbox
	@$(BIN)/lmx demo

test: $(VENV)/.dev ## Run the tests that a change needs, in at most five minutes
	$(BIN)/python -m pytest -q -m "not slow"

test-slow: $(VENV)/.dev ## Run the other tests: whole matrices, scale, memory, pictures, browsers, shells; CI=1: a share
	$(BIN)/python -m pytest -q -m "(slow or properties)$(if $(CI), and not whole)" --hypothesis-profile all

lint: $(VENV)/.dev ## Check style and the rules that keep the rooms apart
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@test ! -d deploy || $(BIN)/cfn-lint deploy/template.yaml

types: $(VENV)/.dev ## Check the types
	$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into shape
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

package: $(VENV)/.dev ## Build the bundle for AWS Lambda
	@rm -rf $(BUNDLE) build/wheel
	@SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	@set -- build/wheel/*.whl && $(BIN)/pip install --quiet --disable-pip-version-check --no-compile \
		--target $(BUNDLE) --platform $(PLATFORM) --only-binary :all: --constraint constraints.txt "$$1[lambda]"
	@rm -rf $(BUNDLE)/bin $(BUNDLE)/*.dist-info/RECORD $(BUNDLE)/*.dist-info/direct_url.json
	@cd $(BUNDLE) && rm -rf $(UNUSED)
	@$(BIN)/python deploy/trim.py $(BUNDLE) $(SERVICES)
	@# Compiled here, since a function can't write; by content, since unpacking changes times.
	@$(BIN)/python -m compileall -q --invalidation-mode unchecked-hash -s $(BUNDLE) $(BUNDLE)
	@TZ=UTC find $(BUNDLE) -exec touch -h -t 202601010000.00 {} +
	@# It works alone: without site-packages, without the sandbox's packages, with a client for each service.
	@cd $(BUNDLE) && $(abspath $(BIN))/python -B -I -S -c "import sys; sys.path.insert(0, '.'); \
		from learnermax_cli.functions.handlers import reconcile, reconcile_window, retry, webhook; import boto3, stripe; \
		[boto3.client(name, region_name='us-east-1') for name in '$(SERVICES)'.split()]; \
		from learnermax_cli.adapters.awslambda import log, metrics; from aws_lambda_powertools import metrics; \
		from aws_lambda_powertools.utilities import batch; \
		from aws_lambda_powertools.utilities.data_classes import sqs_event"
	@echo "$(BUNDLE) takes $$(du -sm $(BUNDLE) | cut -f1) MB. Deploy it:"
	@$(BIN)/python -c "import sys; print('sam deploy --guided --template-file deploy/template.yaml --resolve-s3 --capabilities', \
		'CAPABILITY_IAM --parameter-overrides PythonRuntime=python%d.%d' % sys.version_info[:2])"

conformance: $(VENV)/.dev ## Compare with Stripe's and AWS's own emulators, where Go or Maven is installed
	@PYTHON=$(BIN)/python tests/conformance/run.sh

bench: $(VENV)/.dev package ## Measure speed and cost against their limits; takes about half an hour (BENCH=--quick: a minute)
	@$(BIN)/python -m benchmarks $(BENCH)

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
