# make bench: lmx beside the scripts that one would write instead, on one slow and rate limited sandbox.
.PHONY: bench

bench: $(VENV)/.dev package ## Compare lmx with one-by-one scripts; takes about half an hour (BENCH=--quick: a minute)
	@$(BIN)/python -m benchmarks $(BENCH)
