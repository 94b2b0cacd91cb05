"""Plans as values: changes, outcomes, limits, apply and render. Knows no feature."""
