"""Run the benchmarks: make the environments and the pictures, run each claim in a process of its own, write the table.

python bench/run.py [CLAIM ...] [--quick] [--data DIR] [--out DIR] [--before BUILD]     (or: make bench)
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import report
import setup
import table

ALONE = (
    "chain",
    "contrast",
    "whites",
    "budget",
    "corpus",
    "planning",
    "before",
    "bends",
    "first",
    "jpeg",
)  # claims that need no peer: where no others are asked for, neither are their environments
CLAIMS = [
    *("arrays", "files", "chain", "contrast", "whites", "memory", "startup", "quality", "gil", "recipes", "labels"),
    *("stream", "cache", "scaled", "survive", "damage", "corpus", "budget", "planning", "before"),
    *("catalogue", "bends", "first", "policies", "partners", "jpeg", "windows", "evidence"),
]
OWN = {"evidence": "learning"}  # claims with an environment of their own, which make their pictures themselves


def main() -> int:
    """Zero if every claim ran; whether it passed is in the table."""
    parser = ArgumentParser(description="Measure Variegate against its peers.")
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help=f"some of: {' '.join(CLAIMS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test: few images, into bench/.data/quick unless --out is given"
    )
    parser.add_argument("--data", type=Path, help="a folder of JPEGs instead of the made ones")
    parser.add_argument("--out", type=Path, help="where the results go (default: bench/results)")
    parser.add_argument("--before", help="what planning and before compare with: a commit, or a checkout's folder")
    args = parser.parse_args()
    if unknown := set(args.claims) - set(CLAIMS):
        parser.error(f"no such claim: {' '.join(sorted(unknown))}; there are {' '.join(CLAIMS)}")
    claims = args.claims or CLAIMS
    timed = [claim for claim in claims if claim not in OWN]
    env = "ours" if set(timed) <= set(ALONE) else "main"
    shared = [env] if env == "ours" else [each for each in setup.PEERS if each not in ("ours", *OWN.values())]
    needed = [*(shared if timed else []), *sorted({OWN[claim] for claim in claims if claim in OWN})]
    usable = setup.setup(needed)
    if timed and not usable[env]:
        return 1
    out = (args.out or (report.HERE / ".data" / "quick" if args.quick else report.RESULTS)).resolve()
    options = ["--out", str(out), *(["--quick"] if args.quick else [])]
    options += ["--data", str(args.data.resolve())] if args.data else []
    if args.before:
        options += ["--before", str(Path(args.before).resolve()) if Path(args.before).is_dir() else args.before]
    if timed:
        subprocess.run([str(setup.python(env)), "prepare.py", *options], cwd=report.HERE, check=True)
    failed = []
    for claim in claims:
        print(f"{claim}:", flush=True)
        python = str(setup.python(OWN.get(claim, env)))
        if subprocess.run([python, f"{claim}.py", *options], cwd=report.HERE).returncode:
            failed.append(claim)
    table.write(out, CLAIMS)
    print(f"the table: {out / 'README.md'}" + (f"; did not run: {' '.join(failed)}" if failed else ""))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
