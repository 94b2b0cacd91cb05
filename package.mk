# make package: what runs on AWS Lambda, in build/lambda, where deploy/template.yaml looks for it.
.PHONY: package
BUNDLE := build/lambda
SERVICES := dynamodb secretsmanager sns sqs sts
# Lambda's own platform, whatever this machine is; the Python is the one that runs here.
PLATFORM ?= manylinux2014_aarch64
# One time for all files, so that the same source gives the same bundle.
EPOCH := 1767225600

package: $(VENV)/.dev ## Build the bundle for AWS Lambda
	@rm -rf $(BUNDLE) build/wheel
	@SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	@set -- build/wheel/*.whl && $(BIN)/pip install --quiet --disable-pip-version-check --no-compile \
		--target $(BUNDLE) --platform $(PLATFORM) --only-binary :all: --constraint constraints.txt "$$1[lambda]"
	@rm -rf $(BUNDLE)/bin $(BUNDLE)/*.dist-info/RECORD $(BUNDLE)/*.dist-info/direct_url.json
	@$(BIN)/python deploy/trim.py $(BUNDLE) $(SERVICES)
	@# Compiled here, since a function can't write; by content, since unpacking changes times.
	@$(BIN)/python -m compileall -q --invalidation-mode unchecked-hash -s $(BUNDLE) $(BUNDLE)
	@find $(BUNDLE) -exec touch --no-dereference --date=@$(EPOCH) {} +
	@# It stands alone: no site-packages, none of the sandbox's, and a client for each service.
	@cd $(BUNDLE) && $(abspath $(BIN))/python -B -I -S -c "import sys; sys.path.insert(0, '.'); \
		from learnermax_cli.functions.handlers import reconcile, reconcile_window, retry, webhook; import boto3, stripe; \
		[boto3.client(name, region_name='us-east-1') for name in '$(SERVICES)'.split()]; sys.exit('flask' in sys.modules)"
	@$(BIN)/python -c "import sys; print('$(BUNDLE): PythonRuntime=python%d.%d' % sys.version_info[:2])"
