"""Benchmarks: lmx beside the scripts that an operator would write instead. Not part of the package."""
