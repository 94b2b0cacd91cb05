"""One student's case: found by whatever id a customer can show."""
