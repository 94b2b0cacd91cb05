"""The command line: Typer and nothing else; each command parses, calls its job and shows the report."""
