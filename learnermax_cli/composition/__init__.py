"""The composition root: builds the adapters that a job works with."""
