"""Delivers events to webhook endpoints on this machine as Stripe does, with the failures that a test asks for."""
