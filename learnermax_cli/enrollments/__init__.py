"""Enrollments, and what the payments at Stripe say about them."""
