"""`variegate explain`: the compiled plan of a pipeline."""

from __future__ import annotations

from typing import Annotated

import typer

from variegate.cli.options import Config, console, pipeline, size


def explain(
    config: Config,
    picture: Annotated[str, typer.Option("--size", help="HEIGHTxWIDTH of the picture to plan for.")] = "375x500",
) -> None:
    """Print the compiled plan: what is fused, how often pixels are resampled, and why not less.

    **Example:**  `variegate explain --config pipeline.yaml --size 375x500`
    """
    on = console()
    on.print(pipeline(config).explain(size=size(picture)), markup=False)
