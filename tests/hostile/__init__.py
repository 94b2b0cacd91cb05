"""What the table and Stripe can hold although nobody meant it: nothing stops the rest."""
