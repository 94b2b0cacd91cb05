"""Plans as values: changes, confirmation, apply, plan files and reports. Knows no feature."""
