"""Adapters to AWS, by boto3."""
