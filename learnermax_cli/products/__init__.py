"""Paid courses into Stripe products and prices."""
