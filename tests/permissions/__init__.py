"""The table of permissions against what the commands really ask of AWS and Stripe."""
