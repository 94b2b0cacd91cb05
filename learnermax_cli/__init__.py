"""The administration toolkit of LearnerMax: Stripe keys, products and prices, enrollments."""

__version__ = "0.1.0"
