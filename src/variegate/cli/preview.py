"""`variegate preview`: a contact sheet of what a pipeline does to one's own pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from variegate.cli.options import Config, Seed, console, pipeline, progress
from variegate.cli.sheet import Picture, sheet
from variegate.errors import SourceError
from variegate.key import Key
from variegate.loader import ImageFolder
from variegate.loader.decode import open_image
from variegate.loader.source.folder import path_id
from variegate.pipeline import Compose


def preview(
    path: Annotated[Path, typer.Argument(help="A picture, or a folder of them.", show_default=False)],
    config: Config,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write.")] = Path("sheet.png"),
    rows: Annotated[int, typer.Option(min=1, max=100, help="How many rows; of a folder, how many pictures.")] = 4,
    cols: Annotated[int, typer.Option(min=2, max=100, help="How many pictures a row, with the original.")] = 6,
    seed: Seed = 0,
) -> None:
    """Write a contact sheet: the original, framed, then variations of it.

    Of a folder, each row is another picture. Normalize, ToDtype and the like are left out, so that the sheet can be
    seen.

    **Examples:**  `variegate preview cat.jpg --config pipeline.yaml -o sheet.png`

    `variegate preview photos/ --config pipeline.yaml --rows 8 --cols 10 --seed 3`
    """
    on = console()
    table = originals_and_variations(on, visible(pipeline(config)), path, rows, cols, seed)
    sheet(table).save(output)
    on.print(f"wrote {output}: {len(table)} x {cols} pictures, seed {seed}", markup=False)


def visible(augment: Compose) -> Compose:
    """The pipeline without the last write: no normalisation, dtype or layout, so that its pictures can be seen."""
    return replace(augment, ops=tuple(op for op in augment.ops if op.effect != "output"))


def originals_and_variations(
    on: Console, augment: Compose, path: Path, rows: int, cols: int, seed: int
) -> list[list[Picture]]:
    """Rows of an original and its variations: of the one picture, or of the first pictures in a folder.

    They are those that a loader over the folder draws in epoch 0 with this seed: variation 0, 1, 2, ... of each.
    """
    fresh = cols - 1
    source = ImageFolder(path, labelled=False) if path.is_dir() else None
    table: list[list[Picture]] = []
    with progress(on) as bar:
        for row in bar.track(range(rows if source is None else min(rows, len(source))), description="augmenting"):
            image = original(path if source is None else Path(source.where(row)))
            id = path_id(path.name) if source is None else source.id(row)
            first = row * fresh if source is None else 0
            keys = (Key(seed=seed, id=id, variation=first + i) for i in range(fresh))
            table.append([image, *(np.asarray(augment(image, key=key)) for key in keys)])
    return table


def original(path: Path) -> Picture:
    """A picture decoded as by the loader.

    Raises  SourceError if there is no such file; DecodeError if it is no picture.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    return open_image(path).decode()
