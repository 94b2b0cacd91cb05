"""What a test or an operator controls the sandbox with: clock, journal, faults, and the HTTP routes to them."""
