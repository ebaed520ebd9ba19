"""The house rules that import-linter does not hold (its own are in pyproject.toml): sizes, names, a light import."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "variegate"
OPS_FOR_PLAN = ("base", "effect", "combine", "geometric", "macro")
HEAVY = ("numba", "llvmlite", "PIL", "simplejpeg", "yaml", "torch", "tensorflow", "keras", "jax", "typer", "rich")
USUAL_LINES, MOST_LINES = 300, 400
MOST_FUNCTION = 60


def module_name(path: Path) -> str:
    """`ops.rotate` for src/variegate/ops/rotate.py; a package goes by its folder's name."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path.read_text(encoding="utf-8") for path in sorted(SRC.rglob("*.py"))}
TREES = {name: ast.parse(text) for name, text in MODULES.items()}


def test_plan_knows_no_op_by_name() -> None:
    """The compiler knows effects, and of ops their base classes."""
    wrong = {
        f"{name} imports {node.module}"
        for name, tree in TREES.items()
        if name.split(".")[0] == "plan"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("variegate.ops.")
        if (node.module or "").split(".")[2] not in OPS_FOR_PLAN
    }
    assert not wrong


def test_no_drawer_for_odds_and_ends() -> None:
    """A helper lives with its noun."""
    assert not [n for n in MODULES if n.split(".")[-1] in ("utils", "util", "helpers", "common", "misc")]


def test_files_fit_in_the_head() -> None:
    """A file longer than usual says why in its docstring: "Long, because ..."."""
    lines = {name: len(text.splitlines()) for name, text in MODULES.items()}
    reasons = {n for n in lines if re.search(r"\b[Ll]ong(er)?\b[^.]*\bbecause\b", ast.get_docstring(TREES[n]) or "")}
    long = {name: count for name, count in lines.items() if count > (MOST_LINES if name in reasons else USUAL_LINES)}
    assert not long


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function and its length in lines, without its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            has_doc = ast.get_docstring(node, clean=False) is not None
            first = node.body[1].lineno if has_doc and len(node.body) > 1 else node.lineno + (not has_doc)
            yield node.name, node.end_lineno - first + 1


def test_functions_are_short() -> None:
    found = {(f"{name}.{function}", lines) for name, tree in TREES.items() for function, lines in functions(tree)}
    assert not {(function, lines) for function, lines in found if lines > MOST_FUNCTION}


def test_every_module_and_public_name_says_what_it_is() -> None:
    assert not [name for name, tree in TREES.items() if not ast.get_docstring(tree)]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [(name, node) for name, tree in TREES.items() for node in tree.body if isinstance(node, kinds)]
    assert not [f"{n}.{node.name}" for n, node in public if node.name[0] != "_" and not ast.get_docstring(node)]


def test_the_public_api_is_documented() -> None:
    import variegate

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
