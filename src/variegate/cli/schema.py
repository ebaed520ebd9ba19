"""`variegate schema`: the JSON Schema of pipeline files, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from variegate import config
from variegate.cli.options import console, to_be_written
from variegate.pipeline import Compose


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.  [default: the terminal]")
    ] = None,
) -> None:
    """Print the JSON Schema of a pipeline file, by which an editor completes names and marks slips.

    In VS Code, with the YAML extension, a file begins with `# yaml-language-server: $schema=variegate.schema.json`.

    **Example:**  `variegate schema -o variegate.schema.json`
    """
    text = json.dumps(config.schema(Compose), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    to_be_written(output).write_text(text, encoding="utf-8")
    console().print(f"wrote {output}")
