"""The commands under one name, and how `--help` speaks."""

from __future__ import annotations

from typing import Annotated

import typer

from variegate.cli.bench import bench
from variegate.cli.check import check
from variegate.cli.demo import demo
from variegate.cli.doctor import doctor
from variegate.cli.exhibit import gallery
from variegate.cli.explain import explain
from variegate.cli.ops import ops
from variegate.cli.preview import preview
from variegate.cli.schema import schema
from variegate.cli.warm import warm
from variegate.version import VERSION

app = typer.Typer(
    name="variegate",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # VariegateError is worded for the user; anything else is a bug, shown in full
)
for command in (demo, preview, gallery, ops, explain, check, doctor, warm, bench, schema):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"variegate {VERSION}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Variegate: random pictures that can be repeated. A pipeline stands in a YAML or JSON file, or in Python code."""
