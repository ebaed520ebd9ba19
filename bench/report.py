"""What a claim leaves behind: rows with their reach and stretch, the machine, JSON, and one table of all claims."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import setup

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
NAMED = (
    *(
        "variegate",
        "numpy",
        "numba",
        "llvmlite",
        "simplejpeg",
        "pillow",
        "pyarrow",
        "shapely",
        "scipy",
        "torch",
        "torchvision",
        "timm",
    ),
    *("albumentationsx", "albucore", "opencv-python-headless", "tensorflow_cpu", "keras", "nvidia-dali-cuda120"),
    *("scikit-image", "scikit-learn", "mlxtend"),
)


@dataclass
class Row:
    """One figure of the table. `better` is "more" or "less"; reach and stretch are None where it is only reported."""

    name: str
    value: float
    unit: str = "x"
    low: float | None = None
    high: float | None = None
    reach: float | None = None
    stretch: float | None = None
    better: str = "more"
    note: str = ""
    stages: dict[str, float] = field(default_factory=dict)

    def mark(self) -> str:
        """pass, STRETCH, FAIL or reported."""
        if self.reach is None:
            return "reported"
        sign = 1 if self.better == "more" else -1
        if self.stretch is not None and sign * self.value >= sign * self.stretch:
            return "STRETCH"
        return "pass" if sign * self.value >= sign * self.reach else "FAIL"


def spread(values: Iterable[float]) -> tuple[float, float, float]:
    """Median and quartiles; the extremes where there are fewer than eight values."""
    ordered = sorted(values)
    if len(ordered) < 8:
        return median(ordered), ordered[0], ordered[-1]
    quarters = quantiles(ordered, n=4)
    return median(ordered), quarters[0], quarters[2]


def row(name: str, values: Iterable[float], **rest: Any) -> Row:
    """A row of the median of values, with their spread."""
    middle, low, high = spread(values)
    return Row(name, middle, low=low, high=high, **rest)


def cpu() -> str:
    """The processor's name."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, dict[str, str]]:
    """The named packages of each benchmark environment that there is."""
    found: dict[str, dict[str, str]] = {}
    for env in setup.PEERS:
        frozen = setup.ENVS / env / "built.json"
        if frozen.exists():
            have = json.loads(frozen.read_text())["versions"]
            found[env] = {name: have[name] for name in NAMED if name in have}
    return found


def machine() -> dict[str, Any]:
    """Where and when."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": datetime.now().isoformat(timespec="seconds"),
        "command": " ".join([Path(sys.argv[0]).name, *(word for word in sys.argv[1:] if word.startswith("--quick"))]),
        "versions": versions(),
    }


def save(claim: str, out: Path, rows: Sequence[Row], quick: bool, figures: Sequence[Row] = (), **details: Any) -> None:
    """Write one claim's JSON, rows with marks and the figures behind them, and print the rows."""
    out.mkdir(parents=True, exist_ok=True)
    marked = [{**asdict(each), "mark": each.mark()} for each in rows]
    behind = [asdict(each) for each in figures]
    body = {"claim": claim, "quick": quick, "machine": machine(), "rows": marked, "figures": behind, **details}
    (out / f"{claim}.json").write_text(json.dumps(body, indent=1) + "\n")
    for each in rows:
        print(f"  {line(each)}", flush=True)


def short(value: float | None) -> str:
    """Three figures, or all before the point."""
    return "" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(each: Row) -> str:
    """A row for the terminal."""
    around = f" ({short(each.low)} .. {short(each.high)})" if each.low is not None else ""
    return f"{each.mark():9} {each.name}: {short(each.value)} {each.unit}{around}"
