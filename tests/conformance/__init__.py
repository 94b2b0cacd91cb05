"""The adapters and the sandbox against the emulators that Stripe and AWS publish themselves."""
