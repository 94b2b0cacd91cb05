"""The sandbox delivers events to webhook endpoints on this machine as Stripe does, and as badly as a test asks for."""
