"""Courses as the table has them."""
