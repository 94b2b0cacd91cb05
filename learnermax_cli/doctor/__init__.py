"""Doctor: every precondition of the other commands, checked without a write, each failure with its remedy."""
