"""The handlers of the endpoints, a file per resource."""
