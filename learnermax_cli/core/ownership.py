"""What marks an object at Stripe as ours, beside its environment."""

MANAGED_BY = "lmx"
