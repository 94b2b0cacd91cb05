"""Webhooks: the endpoint at Stripe, the receiver that confirms payments, the replay of what it missed."""
