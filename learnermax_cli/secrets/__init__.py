"""The Stripe keys of an environment as one JSON secret in Secrets Manager."""
