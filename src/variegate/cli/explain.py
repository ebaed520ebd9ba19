"""`variegate explain`: the compiled plan of a pipeline."""

from __future__ import annotations

from typing import Annotated

import typer

from variegate.cli.options import Config, console, pipeline, size


def explain(
    subject: Annotated[
        str | None, typer.Argument(metavar="[PIPELINE]", help="The same as --config.", show_default=False)
    ] = None,
    config: Config = None,
    picture: Annotated[str, typer.Option("--size", help="HEIGHTxWIDTH of the picture to plan for.")] = "375x500",
    channels: Annotated[int, typer.Option(min=1, help="How many channels the picture has.")] = 3,
    dtype: Annotated[
        str | None,
        typer.Option(help="uint8, uint16 or float32.  [default: the first that holds the pipeline's white and fills]"),
    ] = None,
    timed: Annotated[
        bool, typer.Option("--timed", help="Run each stage too, on noise of that size, and measure it.")
    ] = False,
) -> None:
    """Print the compiled plan: what is fused, how often pixels are resampled, and why not less.

    **Example:**  `variegate explain --config pipeline.yaml --size 375x500`
    """
    if (subject is None) == (config is None):
        raise typer.BadParameter("give the pipeline: a file, or module:name")
    on = console()
    on.print(pipeline(subject or config or "").explain(size(picture), channels, dtype, timed))
