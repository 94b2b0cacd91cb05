"""What buyers do, and what becomes of their payments: control routes, the checkout page, and seeds."""
