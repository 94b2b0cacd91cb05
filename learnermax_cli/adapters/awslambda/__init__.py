"""Adapters to AWS Lambda: its events, its log, and the time of an invocation."""
