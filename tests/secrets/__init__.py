"""Tests of `lmx secrets`."""
