"""A local Stripe: the routes of api.stripe.com that `lmx` uses, as strict as Stripe at the SDK's API version."""
