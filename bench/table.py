"""The table of all claims: results/README.md, made from their JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from report import short

HEAD = """# Results

Made by `make bench` (bench/run.py); more is in the JSON beside this file. Medians, with quartiles (extremes of fewer
than eight values). Times are ratios within one run, contenders interleaved. FAIL: the reach was not reached.
"""


def spread(each: dict[str, Any]) -> str:
    """From low to high."""
    return "" if each["low"] is None else f"{short(each['low'])} .. {short(each['high'])}"


def cells(each: dict[str, Any]) -> str:
    """A row of the table."""
    sign = ">=" if each["better"] == "more" else "<="
    aims = [f"{sign} {short(each[k])}" if each[k] is not None else "" for k in ("reach", "stretch")]
    stages = ", ".join(f"{name} {short(value)}" for name, value in each["stages"].items())
    value = f"{short(each['value'])} {each['unit']}"
    return "| " + " | ".join([each["name"], value, spread(each), *aims, each["mark"], stages, each["note"]]) + " |"


def section(body: dict[str, Any]) -> list[str]:
    """One claim."""
    where = body["machine"]
    quick = " **A quick run: a smoke test, not a measurement.**" if body["quick"] else ""
    text = [
        f"## {body['claim']}",
        "",
        f"{where['cpu']}, {where['cores']} cores, {where['date']}, load {where['load']} at the end.{quick}",
        "",
        "| row | value | spread | reach | stretch | mark | stages, ms an image | note |",
        "|---|---|---|---|---|---|---|---|",
        *(cells(each) for each in body["rows"]),
        "",
    ]
    if body["figures"]:
        text += ["| figure | value | spread | note |", "|---|---|---|---|"]
        for each in body["figures"]:
            text += [f"| {each['name']} | {short(each['value'])} {each['unit']} | {spread(each)} | {each['note']} |"]
        text += [""]
    return text


def versions(bodies: list[dict[str, Any]]) -> list[str]:
    """Of the newest run."""
    last = max((body["machine"] for body in bodies), key=lambda machine: str(machine["date"]))
    text = ["## Versions", "", f"Python {last['python']}, {last['system']}.", ""]
    return text + [
        f"- {env}: " + ", ".join(f"{k} {v}" for k, v in have.items()) for env, have in last["versions"].items()
    ]


def write(out: Path, order: Sequence[str]) -> None:
    """README.md of the results, from whatever claims have a JSON."""
    paths = [out / f"{claim}.json" for claim in order]
    bodies = [json.loads(path.read_text()) for path in paths if path.exists()]
    if bodies:
        text = [HEAD, *(line for body in bodies for line in section(body)), *versions(bodies)]
        (out / "README.md").write_text("\n".join(text).rstrip() + "\n")
