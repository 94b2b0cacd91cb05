"""Tests of checkout sessions and payment links."""
