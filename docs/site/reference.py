"""Reference: pages of every public name, made of signatures and docstrings, with what a class has of its bases."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docstrings import definitions, escaped, listed, markdown

import variegate
from variegate import extend, testing
from variegate.cli.families import kinds

# Page -> title, and the names on it.
GROUPS = {
    "pipelines": ("Pipelines", "Compose TTA Key Keys load save draw sheet"),
    "values": ("Numbers drawn", "Uniform LogUniform Normal Choice Bernoulli Constant Ramp"),
    "labels": ("Labels", "Targets Boxes OrientedBoxes Keypoints Polygons Mask Image PerInstance PerSample"),
    "sources": (
        "Sources of data",
        "ImageFolder Manifest Parquet WebDataset TFRecord HuggingFace Items Arrays "
        "CocoJson YoloFolder VocFolder ImageMaskFolder Joined Subset allow_formats",
    ),
    "loading": ("The loader", "Loader Padded OnError Cache"),
    "errors": (
        "Errors",
        "VariegateError FieldError ConfigError PipelineError InputError SourceError DecodeError ResourceError",
    ),
}
ADAPTERS = ("torch", "keras", "tensorflow", "jax", "huggingface", "ray")
NOT_SHOWN = ("__version__",)


def slug(text: str) -> str:
    """A title as it stands in an address."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def groups() -> dict[str, tuple[str, list[str]]]:
    """Page -> title and names. Every public name stands in one; those that no group names, among the pipelines."""
    found = {page: (title, names.split()) for page, (title, names) in GROUPS.items()}
    for family, some in kinds().items():
        found[f"ops-{slug(family)}"] = (family, [kind.__name__ for kind in some])
    grouped = {name for _, names in found.values() for name in names}
    found["pipelines"][1].extend(n for n in sorted(variegate.__all__) if n not in grouped and n not in NOT_SHOWN)
    return found


def places() -> dict[str, str]:
    """Public name -> page#anchor of the reference."""
    return {name: f"reference/{page}#{anchor(name)}" for page, (_, names) in groups().items() for name in names}


def anchor(name: str) -> str:
    """Of a name, on its page."""
    return f"vg-{name.lower().replace('_', '-')}"


def signature(value: Any, name: str) -> str:
    """How it is called, with its defaults, and without the types, which the words tell."""
    try:
        known = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    plain = [shown_parameter(each) for n, each in known.parameters.items() if n != "self"]
    inner = [str(each) for each in plain]
    shown = str(known.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    if len(name + shown) <= 100:
        return name + shown
    by_name = [n for n, each in enumerate(plain) if each.kind is each.KEYWORD_ONLY]
    if by_name:
        inner.insert(by_name[0], "*")
    return f"{name}(\n" + "".join(f"    {each},\n" for each in inner) + ")"


@dataclass(frozen=True)
class Named:
    """A default that is shown by its name, not by its address."""

    name: str

    def __repr__(self) -> str:
        return self.name


def shown_parameter(given: inspect.Parameter) -> inspect.Parameter:
    """Without its type, and with a default that can be read."""
    default = given.default
    if default is not given.empty and isinstance(default, type):
        default = Named(default.__name__)
    elif " object at 0x" in repr(default):
        default = Named("...")
    return given.replace(annotation=inspect.Parameter.empty, default=default)


def described(name: str, value: Any, level: int = 2, where: str = "vg.", mark: str = "") -> Iterator[str]:
    """A name's part of its page; mark: where that is not one of names of `vg`, the start of its anchors."""
    yield from (f"({mark or anchor(name)})=", f"{'#' * level} {escaped(name)}", "")
    if not inspect.isclass(value) or not issubclass(value, BaseException):
        yield from ("```py", signature(value, where + name), "```", "")
    yield from markdown(value.__doc__)
    if inspect.isclass(value):
        yield from inherited(value)
        yield from methods(name, value, level + 1, mark or anchor(name))


def inherited(value: type) -> Iterator[str]:
    """What the bases of a class say of the arguments that it takes."""
    try:
        taken = set(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return
    taken -= set(listed(value.__doc__))
    for base in value.__mro__[1:]:
        told = [entry for name, entry in listed(base.__doc__).items() if name in taken]
        taken -= set(listed(base.__doc__))
        if told:
            yield from (f"Of every `{base.__name__}`:", "")
            yield from definitions(list(dict.fromkeys(told)))


def methods(name: str, value: type, level: int, mark: str) -> Iterator[str]:
    """The public methods and properties of a class, but those that every op has."""
    if issubclass(value, extend.Op) and value is not extend.Op and value is not variegate.Compose:
        return
    for item, given in inspect.getmembers(value):
        doc = inspect.getdoc(given)
        if item.startswith("_") or not doc or not (inspect.isroutine(given) or isinstance(given, property)):
            continue
        if issubclass(value, BaseException) or not any(
            item in vars(base) and base.__module__.startswith("variegate") and base is not extend.Op
            for base in value.__mro__
        ):
            continue
        yield from (f"({mark}-{item.lower().replace('_', '-')})=", f"{'#' * level} {name}.{item}", "")
        if not isinstance(given, property):
            yield from ("```py", signature(given, f".{item}"), "```", "")
        yield from markdown(doc)


def parsed_adapter(framework: str) -> tuple[ast.Module, dict[str, ast.ClassDef | ast.FunctionDef]]:
    """An adapter, read without importing its framework, and its public classes and functions by name."""
    folder = Path(variegate.__file__).parent / "adapters" / framework
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    parsed = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))]
    kinds_of_names = (ast.ClassDef, ast.FunctionDef)
    found = {node.name: node for each in parsed for node in each.body if isinstance(node, kinds_of_names)}
    return tree, {name: found[name] for name in public(tree)}


def docs_of(framework: str) -> Iterator[tuple[str, str | None]]:
    """The docstring of each public name of an adapter."""
    return ((name, ast.get_docstring(node)) for name, node in parsed_adapter(framework)[1].items())


def adapter(framework: str) -> Iterator[str]:
    """An adapter's page."""
    tree, found = parsed_adapter(framework)
    yield from (f"# variegate.adapters.{framework}", "", *markdown(ast.get_docstring(tree)))
    for name, node in found.items():
        yield from (f"## {name}", "")
        call = next((n for n in getattr(node, "body", ()) if getattr(n, "name", "") == "__init__"), None)
        shown = node if isinstance(node, ast.FunctionDef) else call
        if isinstance(shown, ast.FunctionDef):
            yield from ("```py", f"{name}({arguments(shown)})", "```", "")
        yield from markdown(ast.get_docstring(node))
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(each, ast.FunctionDef) and each.name[0] != "_" and ast.get_docstring(each):
                call_of = "" if any("property" in ast.unparse(d) for d in each.decorator_list) else arguments(each)
                yield from (f"### {name}.{each.name}", "")
                yield from (("```py", f".{each.name}({call_of})", "```", "") if call_of else ())
                yield from markdown(ast.get_docstring(each))


def arguments(node: ast.FunctionDef) -> str:
    """Those of a function, with defaults and without types."""
    for each in ast.walk(node.args):
        if isinstance(each, ast.arg):
            each.annotation = None
    node.args.args = [each for each in node.args.args if each.arg != "self"]
    return ast.unparse(node.args)


def public(tree: ast.Module) -> list[str]:
    """The names in `__all__`."""
    (value,) = [n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"]
    return list(ast.literal_eval(value))


def module(title: str, value: Any, names: Iterable[str]) -> Iterator[str]:
    """A page of a module whose names are listed in its own docstring, with those of them that have one."""
    yield from (f"# {title}", "", *markdown(value.__doc__))
    for name in names:
        given = getattr(value, name)
        if (inspect.isclass(given) or inspect.isfunction(given)) and inspect.getdoc(given):
            if name in variegate.__all__:
                continue
            kind = "class" if inspect.isclass(given) else "function"
            yield from described(name, given, where="", mark=f"{kind}-{name.lower().replace('_', '-')}")


def table() -> Iterator[str]:
    """Every op with its defaults, what it applies to and what it costs."""
    yield from ("# Table of ops", "", "Each op as it is written, with its defaults, the targets that it changes, and")
    yield "how it runs. Fields that an op has of its bases, such as `p`, are left out. What each op does to each kind"
    yield from ("of label in detail: [conformance](../conformance.md).", "")
    for family, some in kinds().items():
        yield from (f"## {family}", "", "| op and defaults | changes | runs as |", "|---|---|---|")
        for kind in some:
            own, told = listed(kind.__doc__), []
            for item in inspect.signature(kind).parameters.values():
                if item.name in own or item.name in vars(kind).get("__annotations__", {}):
                    told.append(item.name if item.default is item.empty else f"{item.name}={item.default!r}")
            changes, runs = (" ".join(own[n].lines) if n in own else "" for n in ("targets", "effect"))
            call = f"{kind.__name__}({', '.join(told)})".replace("|", "\\|")
            cells = f"`{call}`", escaped(changes), escaped(runs)
            yield "| " + " | ".join(cells) + " |"
        yield ""


def write(folder: Path) -> None:
    """All pages of the reference."""
    folder.mkdir(exist_ok=True)
    made = groups()
    index = ["# Reference", "", "Every public name, with its defaults. `import variegate as vg` brings all of them but"]
    index += ["those of [adapters](adapters.md), [extend](extend.md) and [testing](testing.md).", ""]
    for page, (title, names) in made.items():
        lines = [f"# {title}", ""]
        for name in names:
            lines += described(name, getattr(variegate, name))
        put(folder / f"{page}.md", lines)
        index += [f"## {title}", "", "| | |", "|---|---|"]
        for name in names:
            first = (inspect.getdoc(getattr(variegate, name)) or "").split("\n\n")[0].replace("\n", " ")
            index += [f"| [{name}]({page}.md#{anchor(name)}) | {escaped(first)} |"]
        index += [""]
    put(folder / "table.md", table())
    for name in ADAPTERS:
        put(folder / f"adapter-{name}.md", adapter(name))
    links = [f"- [variegate.adapters.{name}](adapter-{name}.md)" for name in ADAPTERS]
    tree = ["```{toctree}", ":hidden:", *[f"adapter-{name}" for name in ADAPTERS], "```"]
    told = ["# Adapters", "", "What gives each framework its own kind of loader.", ""]
    put(folder / "adapters.md", [*told, *links, "", *tree])
    put(folder / "extend.md", module("variegate.extend", extend, extend.__all__))
    put(folder / "testing.md", module("variegate.testing", testing, testing.__all__))
    pages = ["table", *made, "adapters", "extend", "testing"]
    put(folder / "index.md", [*index, "```{toctree}", ":hidden:", *pages, "```"])


def put(path: Path, lines: Iterable[str]) -> None:
    """A page, touched only where it has changed."""
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
