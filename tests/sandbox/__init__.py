"""Tests of the sandbox itself: that it behaves as Stripe and AWS do."""
