"""The command line: `variegate demo|preview|ops|explain|check|doctor|warm|bench|schema`, one file a command."""

from __future__ import annotations

import sys

from variegate.errors import VariegateError, in_line

EXTRAS = {"typer": "cli", "rich": "cli", "yaml": "cli", "psutil": "cli"}


def main() -> None:
    """Run the command line; an error of the user's is one message and exit code 1, without a traceback."""
    try:
        from variegate.cli.app import app

        app()
    except VariegateError as problem:
        text = str(problem).replace("\n", "\n  ")  # what comes out of a file begins no line
        sys.exit(f"variegate: {text}")
    except OSError as problem:
        if problem.filename is None:  # of no file that was named
            raise
        sys.exit(f"variegate: {in_line(str(problem.filename))}: {problem.strerror}")
    except ModuleNotFoundError as problem:
        package = (problem.name or "").split(".")[0]
        if package not in EXTRAS:
            raise
        sys.exit(f'variegate: the command line needs {package}: pip install "variegate[{EXTRAS[package]}]"')


__all__ = ["main"]
