# make conformance: the adapters and the sandbox against the emulators that Stripe and AWS publish themselves.
.PHONY: conformance

conformance: $(VENV)/.dev ## Compare with Stripe's and AWS's own emulators, where Go or Maven is installed
	@PYTHON=$(BIN)/python tests/conformance/run.sh
