"""What is printed and how: console, tables, progress, GitHub Actions, JSON."""
