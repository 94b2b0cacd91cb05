"""The outside world: the only importers of boto3, stripe and HTTP servers. Implements the features' ports."""
