"""Make the benchmark's environments under bench/.envs: `main` (ours and the peers that live beside us), `tf`, `dali`.
For claims that need no peer there is `ours`, which is small; `learning` trains models.

Standard library only, so any Python >= 3.11 starts it. An environment is built anew when its list of packages changes.
A peer that does not install is reported, and its rows say so; only `main` is required.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVS = HERE / ".envs"

# Each step is one `pip install`. torch is pinned because other versions may bring a CUDA build; torchvision's own
# requirement, and timm's, would pull one, hence --no-deps. DALI's wheel is 1.1 GB and wants a NumPy of its own.
PEERS: dict[str, list[list[str]]] = {
    "main": [
        ["torch==2.13.0"],
        ["--no-deps", "torchvision==0.28.0", "timm==1.0.31"],
        ["huggingface_hub", "safetensors"],  # which timm imports
        ["albumentationsx==2.5.*", "opencv-python-headless", "simplejpeg", "pillow", "scipy"],
        ["scikit-image", "scikit-learn", "shapely", "pyarrow", "pyyaml", "tifffile"],
        ["-e", str(HERE.parent)],
    ],
    "ours": [["scikit-image", "scikit-learn", "shapely", "pyarrow", "pyyaml", "tifffile"], ["-e", str(HERE.parent)]],
    "learning": [["torch==2.13.0"], ["scikit-image", "scikit-learn", "mlxtend", "tqdm"], ["-e", str(HERE.parent)]],
    "tf": [["tensorflow-cpu==2.21.*", "keras==3.15.*"]],
    "dali": [["nvidia-dali-cuda120"]],
    "yolo": [
        ["torch==2.13.0"],
        ["--no-deps", "torchvision==0.28.0", "ultralytics==8.4.190", "ultralytics-thop"],
        ["opencv-python-headless", "pyyaml", "psutil", "matplotlib", "polars", "requests", "tqdm", "scipy", "pillow"],
        ["pandas", "py-cpuinfo"],
    ],
}


def python(env: str) -> Path:
    """The interpreter of a benchmark environment (which may not exist)."""
    return ENVS / env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ready(env: str) -> bool:
    """Whether the environment was built whole from the list as it is now."""
    mark = ENVS / env / "built.json"
    return mark.exists() and json.loads(mark.read_text())["list"] == PEERS[env]


def versions(env: str) -> dict[str, str]:
    """What pip put there."""
    done = subprocess.run([str(python(env)), "-m", "pip", "list", "--format=json"], text=True, capture_output=True)
    return {each["name"]: each["version"] for each in json.loads(done.stdout)}


def build(env: str) -> bool:
    """Build one environment from nothing; say on stderr what failed."""
    folder = ENVS / env
    shutil.rmtree(folder, ignore_errors=True)
    print(f"bench: making environment {env}", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True)
    for step in PEERS[env]:
        done = subprocess.run([str(python(env)), "-m", "pip", "install", "-q", *step], text=True, capture_output=True)
        if done.returncode:
            print(f"bench: {env}: pip install {' '.join(step)} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
            return False
    (folder / "built.json").write_text(json.dumps({"list": PEERS[env], "versions": versions(env)}, indent=1))
    return True


def setup(only: list[str] | None = None) -> dict[str, bool]:
    """Build what is missing; environment -> usable."""
    return {env: ready(env) or build(env) for env in only or PEERS}


if __name__ == "__main__":
    usable = setup(sys.argv[1:] or None)
    print(" ".join(f"{env}:{'ok' if ok else 'FAILED'}" for env, ok in usable.items()))
    sys.exit(not usable.get("main", True))
