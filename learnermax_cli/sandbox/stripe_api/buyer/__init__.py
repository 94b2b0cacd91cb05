"""Buyers' actions and what happens to their payments later: control routes, the checkout page, and seeds."""
