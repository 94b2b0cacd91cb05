"""Entry point of `lmx` and of `python -m learnermax_cli`."""

import sys

from learnermax_cli import __version__


def main() -> None:
    """Run the command line; `--version` is answered without loading it."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"lmx {__version__}\n")
        return
    try:
        from learnermax_cli.cli.main import run

        run()
    except KeyboardInterrupt:  # while loading, or while showing; a command at work handles it itself
        sys.stderr.write("Error: interrupted\n  Run the command again. Completed changes are kept.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
