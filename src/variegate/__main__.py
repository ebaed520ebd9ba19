"""`python -m variegate`, for where the console script is not on the path."""

from __future__ import annotations

from variegate.cli import main

if __name__ == "__main__":
    main()
