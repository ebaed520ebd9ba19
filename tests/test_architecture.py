"""The house rules of DESIGN.md, read off the source: floors, sizes, names, and a light import."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "variegate"
FLOORS = (
    (
        "errors",
        "version",
        "targets",
        "key",
        "coords",
        "parts",
        "kernel_cache",
        "compiled",
        "content",
        "exact",
        "formulas",
        "ramp",
        "rng",
        "dist",
        "white",
        "picture",
    ),
    ("ops", "config"),
    ("plan", "kernels", "labels", "pipeline", "draw", "tta"),
    ("loader",),
    ("adapters",),
    ("cli", "extend", "testing"),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
OPS_FOR_PLAN = ("ops.base", "ops.effect", "ops.combine", "ops.geometric", "ops.macro")
HEAVY = ("numba", "llvmlite", "PIL", "simplejpeg", "yaml", "torch", "tensorflow", "keras", "jax", "typer", "rich")
USUAL_LINES, MOST_LINES = 300, 400
USUAL_FUNCTION, MOST_FUNCTION = 20, 60


def module_name(path: Path) -> str:
    """`ops.rotate` for src/variegate/ops/rotate.py; a package goes by its folder's name."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SRC.rglob("*.py"))}
HOUSE = [name for name in MODULES if name]  # all but variegate/__init__.py, which may import anything
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imports(module: ast.Module, name: str, package: bool) -> Iterator[str]:
    """Every module of Variegate that this one names in an import, wherever the import stands."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name[len("variegate.") :] for alias in node.names if alias.name.startswith("variegate."))
        elif isinstance(node, ast.ImportFrom):
            yield from imported_from(node, name, package)


def imported_from(node: ast.ImportFrom, name: str, package: bool) -> Iterator[str]:
    base = node.module or ""
    if node.level:  # relative: climb from the module's own folder
        folder = ["variegate", *[part for part in name.split(".") if part]]
        climb = node.level - package
        base = ".".join([*folder[: len(folder) - climb], *([node.module] if node.module else [])])
    if base != "variegate" and not base.startswith("variegate."):
        return
    base = base[len("variegate.") :]
    for (
        alias
    ) in node.names:  # `from variegate.plan import ir` imports plan.ir; `from variegate.dist import Uniform` dist
        whole = f"{base}.{alias.name}".lstrip(".")
        yield whole if whole in MODULES else base


def imports_of(name: str) -> set[str]:
    return set(imports(tree(name), name, name in PACKAGES))


def top(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize(
    ("text", "name", "package", "want"),
    [
        ("import variegate.dist", "ops.rotate", False, {"dist"}),
        ("def f():\n    from variegate.dist import Uniform", "ops.rotate", False, {"dist"}),
        ("from variegate import errors", "ops.rotate", False, {"errors"}),
        ("from . import base", "ops", True, {"ops.base"}),
        ("from .base import Op", "ops.rotate", False, {"ops.base"}),
        ("from ..errors import FieldError", "ops.rotate", False, {"errors"}),
        ("from variegate import Compose", "cli.demo", False, {""}),
        ("import numpy, variegated", "ops.rotate", False, set()),
    ],
)
def test_the_scan_sees_every_form_of_import(text: str, name: str, package: bool, want: set[str]) -> None:
    assert set(imports(ast.parse(text), name, package)) == want


@pytest.mark.parametrize("name", HOUSE)
def test_a_floor_imports_only_floors_below(name: str) -> None:
    assert top(name) in FLOOR, f"{name} stands on no floor: place it in FLOORS and in DESIGN.md"
    floor = FLOOR[top(name)]
    wrong = [i for i in imports_of(name) if i and FLOOR[top(i)] > floor]
    if "" in imports_of(name) and floor < len(FLOORS) - 1:
        wrong.append("variegate (the public face, above every floor but the last)")
    assert not wrong, f"{name} (floor {floor}) imports {wrong}"


@pytest.mark.parametrize("name", [n for n in HOUSE if top(n) == "adapters"])
def test_adapters_stand_alone(name: str) -> None:
    framework = ".".join(name.split(".")[:2])
    others = [i for i in imports_of(name) if top(i) == "adapters" and not i.startswith(framework)]
    assert not others, f"{name} imports {others}: each adapter is one framework, and knows no other"


@pytest.mark.parametrize("name", ["", *(n for n in HOUSE if top(n) not in ("adapters", "cli"))])
def test_nobody_imports_adapters(name: str) -> None:
    assert not [i for i in imports_of(name) if top(i) == "adapters"]


@pytest.mark.parametrize("name", [n for n in HOUSE if top(n) == "kernels"])
def test_kernels_know_the_ir_and_no_op(name: str) -> None:
    wrong = [i for i in imports_of(name) if top(i) == "ops" or (top(i) == "plan" and i != "plan.ir")]
    assert not wrong, f"{name} imports {wrong}: a kernel knows plan/ir.py alone"


@pytest.mark.parametrize("name", [n for n in HOUSE if top(n) == "plan"])
def test_plan_knows_no_concrete_op(name: str) -> None:
    wrong = [i for i in imports_of(name) if top(i) == "ops" and i not in OPS_FOR_PLAN]
    assert not wrong, f"{name} imports {wrong}: the compiler knows effects, never an op by name"


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = [n for n in MODULES if n.split(".")[-1] in ("utils", "util", "helpers", "common", "misc")]
    assert not drawers, f"{drawers}: a helper lives with its noun"


@pytest.mark.parametrize("name", MODULES)
def test_a_file_fits_in_the_head(name: str) -> None:
    lines = len(MODULES[name].read_text(encoding="utf-8").splitlines())
    reason = re.search(r"\b[Ll]ong(er)?\b[^.]*\bbecause\b", ast.get_docstring(tree(name)) or "")
    assert lines <= MOST_LINES, f"{name}: {lines} lines"
    assert lines <= USUAL_LINES or reason, f'{name}: {lines} lines, and no "Long, because ..." in its docstring'


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Each function and its length in lines, without its docstring."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            has_doc = ast.get_docstring(node, clean=False) is not None
            first = node.body[1].lineno if has_doc and len(node.body) > 1 else node.lineno + (not has_doc)
            yield node.name, node.end_lineno - first + 1


@pytest.mark.parametrize("name", MODULES)
def test_functions_are_short(name: str) -> None:
    found = list(functions(name))
    for function, lines in found:
        if lines > USUAL_FUNCTION:
            print(f"{name}.{function}: {lines} lines")  # a report, seen with -rP
    assert not [(function, lines) for function, lines in found if lines > MOST_FUNCTION]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(tree(name)), f"{name} has no module docstring"
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree(name).body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert not [node.name for node in public if not ast.get_docstring(node)]


def test_the_public_api_is_sorted_and_documented() -> None:
    import variegate

    assert variegate.__all__ == sorted(variegate.__all__)
    for name in variegate.__all__:
        value = getattr(variegate, name)
        assert inspect.getdoc(value), f"variegate.{name} has no docstring"
        methods = inspect.getmembers(value, inspect.isfunction) if inspect.isclass(value) else []
        assert not [m for m, f in methods if not m.startswith("_") and not inspect.getdoc(getattr(value, m))], name


def test_import_is_light() -> None:
    code = (
        "import json, sys, threading; import variegate; "
        "print(json.dumps([sorted({m.split('.')[0] for m in sys.modules}), threading.active_count()]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, threads = json.loads(out.stdout)
    assert not set(HEAVY) & set(loaded)
    assert threads == 1
    assert not out.stderr
