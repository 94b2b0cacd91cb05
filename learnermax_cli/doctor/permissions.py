"""What a restricted Stripe key must be allowed, and which commands need it."""

from learnermax_cli.doctor.model import Permission

# [doc "API keys", restricted keys]; refunds go with charges, there is no permission of their own.
PERMISSIONS = (
    Permission("Products", "/v1/products", "products sync and list, checkout create and link", "Write"),
    Permission("Prices", "/v1/prices", "products sync and list", "Write"),
    Permission("Checkout Sessions", "/v1/checkout/sessions", "checkout, enrollments, webhooks", "Write"),
    Permission("Payment Links", "/v1/payment_links", "checkout link, products sync", "Write"),
    Permission("PaymentIntents", "/v1/payment_intents", "enrollments reconcile, webhooks"),
    Permission("Charges and Refunds", "/v1/charges", "enrollments reconcile, webhooks"),
    Permission("Disputes", "/v1/disputes", "enrollments reconcile, webhooks"),
    Permission("Events", "/v1/events", "webhooks replay"),
    Permission("Webhook Endpoints", "/v1/webhook_endpoints", "webhooks create, list and delete", "Write"),
)
