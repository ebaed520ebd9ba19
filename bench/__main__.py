"""python -m bench: the same as bench/run.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import run

sys.exit(run.main())
