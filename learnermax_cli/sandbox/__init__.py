"""The local Stripe and the local AWS: the same HTTP interfaces on this machine, with no account and no network."""
