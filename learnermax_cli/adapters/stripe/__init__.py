"""Adapters to Stripe, by its SDK."""
