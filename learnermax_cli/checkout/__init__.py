"""Checkout Sessions and Payment Links: what a student pays a course with."""
