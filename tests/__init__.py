"""The tests of lmx."""
