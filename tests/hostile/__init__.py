"""Rows, answers and waits that nobody expects: whatever they are, no traceback, no loss, and one line each."""
