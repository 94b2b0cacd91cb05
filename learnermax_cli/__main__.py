"""Entry point of `lmx` and of `python -m learnermax_cli`."""

import sys

from learnermax_cli import __version__


def main() -> None:
    """Run the command line; the version is told without loading it."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"lmx {__version__}\n")
        return
    from learnermax_cli.cli import run

    run()


if __name__ == "__main__":
    main()
