"""What a test or an operator steers the sandbox with: clock, journal, faults, and the HTTP routes to them."""
