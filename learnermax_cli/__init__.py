"""The administration toolkit of LearnerMax: Stripe keys, products and prices, enrollments."""

__version__ = "1.0.0"
