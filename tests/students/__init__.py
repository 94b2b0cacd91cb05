"""`lmx students`: from every id that a student could hold to the right verdict."""
