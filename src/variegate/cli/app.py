"""The commands under one name, and how `--help` speaks."""

from __future__ import annotations

import typer

from variegate.cli.bench import bench
from variegate.cli.check import check
from variegate.cli.demo import demo
from variegate.cli.doctor import doctor
from variegate.cli.explain import explain
from variegate.cli.preview import preview
from variegate.cli.warm import warm

app = typer.Typer(
    name="variegate",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # VariegateError is worded for the user; anything else is a bug, shown in full
    help="Variegate: random pictures that can be repeated. A pipeline stands in a YAML or JSON file.",
)
for command in (demo, preview, explain, check, doctor, warm, bench):
    app.command()(command)
