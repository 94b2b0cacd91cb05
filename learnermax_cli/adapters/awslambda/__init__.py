"""Adapters to AWS Lambda's events, log and time."""
