"""`make dist`: the sdist and the wheel, and whether they install and work where nothing else is.

It builds into dist/, checks the metadata, and tries the wheel on each Python that is here and new enough.

The wheel is built of the sdist, so that what is missing in one is missing in both. Nothing but the standard library is
needed here; `build` and `twine` go into an environment in build/.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST, ENV = ROOT / "dist", ROOT / "build" / "dist-env"
BIN = "Scripts" if os.name == "nt" else "bin"
# Run by the wheel's Python in an empty folder: nothing of the repository is in its way.
TRIAL = """
import importlib.metadata, pathlib, sys
import numpy as np
import variegate
place = pathlib.Path(variegate.__file__)
assert "site-packages" in place.parts, place
assert importlib.metadata.version("variegate") == variegate.__version__
assert (place.parent / "py.typed").exists()
image = np.random.default_rng(0).integers(0, 256, (375, 500, 3), np.uint8)
exec(compile(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), "README.md", "exec"), {"image": image})
"""


def run(*words: object, cwd: Path = ROOT) -> str:
    """What a command prints; what it printed is told where it fails."""
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run([str(w) for w in words], cwd=cwd, env=plain, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}\nfailed with {done.returncode}")
    return done.stdout + done.stderr


def environment(folder: Path, python: str | Path = sys.executable) -> Path:
    """A fresh environment's Python."""
    run(python, "-m", "venv", "--clear", folder)
    return folder / BIN / ("python.exe" if os.name == "nt" else "python")


def pythons(least: tuple[int, int]) -> dict[tuple[int, int], Path]:
    """Each Python of a version that will do: of pyenv, and on the path."""
    known = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = (shutil.which(f"python3.{minor}") for minor in range(11, 30))
    places = [*sorted(known.glob(f"*/{BIN}/python")), *(Path(each) for each in on_path if each)]
    found: dict[tuple[int, int], Path] = {}
    for place in [Path(sys.executable), *places]:
        told = subprocess.run([place, "-c", "import sys; print(*sys.version_info[:2])"], text=True, capture_output=True)
        version = tuple(map(int, told.stdout.split()))
        if told.returncode == 0 and len(version) == 2 and version >= least:
            found.setdefault(version, place)
    return dict(sorted(found.items()))


def built() -> tuple[Path, Path]:
    """The sdist and the wheel, whose metadata and readme are fit for PyPI."""
    python = ENV / BIN / "python"
    if not python.exists():
        venv.create(ENV, with_pip=True, clear=True)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "build", "twine")
    shutil.rmtree(DIST, ignore_errors=True)
    run(python, "-m", "build", "--outdir", DIST)
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    print(run(python, "-m", "twine", "check", "--strict", sdist, wheel).strip())
    return sdist, wheel


def first_example() -> str:
    """That of the README."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[0]


def trials(sdist: Path, wheel: Path, known: dict[tuple[int, int], Path]) -> Iterator[str]:
    """A line for each that worked: the wheel on every Python, the sdist on the oldest."""
    for n, (version, base) in enumerate(known.items()):
        for file in (wheel, *([sdist] if n == 0 else [])):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                python = environment(folder / "env", base)
                (folder / "example.py").write_text(first_example(), encoding="utf-8")
                quiet = "--quiet", "--disable-pip-version-check"
                run(python, "-m", "pip", "install", *quiet, file)
                run(python, "-c", TRIAL, "example.py", cwd=folder)
                run(python, "-m", "pip", "install", *quiet, f"{file}[cli]")
                run(python, "-m", "pip", "check")
                run(python, "-m", "pip", "install", *quiet, "--no-deps", "scikit-image")  # for its photographs alone
                run(folder / "env" / BIN / "variegate", "demo", "--quick", cwd=folder)
                assert (folder / "demo" / "sheet.png").exists()
            said = "installs, imports, runs the README's first example and `variegate demo --quick`"
            yield f"Python {version[0]}.{version[1]}: {file.name} {said}"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"])
    assert found is not None, "requires-python is a least version"
    known = pythons((int(found[1]), int(found[2])))
    for line in trials(*built(), known):
        print(line, flush=True)
    said = [each.rpartition(":: ")[2] for each in project["classifiers"]]
    claimed = {tuple(map(int, each.split("."))) for each in said if each.count(".") == 1}
    for version in sorted(claimed - set(known)):
        print(f"Python {version[0]}.{version[1]}: is claimed by a classifier, but is not here to be tried")
    if unclaimed := sorted(set(known) - claimed):
        raise SystemExit(f"no classifier claims {unclaimed}, which work: add them")


if __name__ == "__main__":
    main()
