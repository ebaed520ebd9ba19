"""`variegate preview`: a contact sheet of what a pipeline does to one's own pictures, and to their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from variegate.cli import gallery, labelled
from variegate.cli.labelled import LabelOptions
from variegate.cli.options import Config, Dtype, ModeOption, Seed, console, pipeline, progress, to_be_written
from variegate.cli.photos import originals
from variegate.draw import draw
from variegate.draw.grid import SheetPicture, fitted, grid
from variegate.errors import InputError, SourceError
from variegate.key import Key
from variegate.loader import ImageFolder
from variegate.loader.decode import open_image
from variegate.loader.source.folder import Files, path_id
from variegate.ops.effect import Output
from variegate.pipeline import Compose
from variegate.targets import Targets
from variegate.targets.agreed import agreed
from variegate.white import White

PLAIN, LABELLED = 160, 320  # pixels of a cell
SIDE = 256  # pixels of the photograph on which ops are shown
PLAINLY = "RGB", "uint8"  # mode and dtype of pictures


def preview(
    path: Annotated[Path | None, typer.Argument(help="A picture, or a folder of them.", show_default=False)] = None,
    config: Config = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write.")] = Path("sheet.png"),
    rows: Annotated[int, typer.Option(min=1, max=100, help="How many rows; of a folder, how many pictures.")] = 4,
    cols: Annotated[int, typer.Option(min=2, max=100, help="How many pictures a row, with the original.")] = 6,
    cell: Annotated[
        int | None,
        typer.Option(
            min=16, max=2000, help=f"Pixels of a picture's longer side.  [default: {PLAIN}; with labels {LABELLED}]"
        ),
    ] = None,
    seed: Seed = 0,
    dtype: Dtype = "uint8",
    mode: ModeOption = "RGB",
    coco: labelled.Coco = None,
    yolo: labelled.Yolo = None,
    voc: labelled.Voc = False,
    masks: labelled.MasksOption = None,
    classes: labelled.Classes = None,
    segments: labelled.Segments = False,
    fields: labelled.FieldsOption = LabelOptions.fields,
    ignore: labelled.Ignore = None,
    stride: labelled.Stride = 1,
    op: Annotated[
        list[str] | None,
        typer.Option(help='In place of a pipeline one op, from weak to strong, as "Rotate: [-30, 30]"; or all.'),
    ] = None,
) -> None:
    """Write a contact sheet: the original, framed, then variations of it, with their labels if these are given.

    Of a folder, each row is another picture, and MixUp and CutMix take partners from the others. Normalize, ToDtype and
    the like are left out, so that the sheet can be seen. Of labels, what the pipeline's file declares under `targets`
    counts (filters, for one), and what it does not say is as the data set has it.

    **Examples:**  `variegate preview cat.jpg --config pipeline.yaml -o sheet.png`

    `variegate preview photos/ --config pipeline.yaml --rows 8 --cols 10 --seed 3`

    `variegate preview val2017/ -c pipeline.yaml --coco instances_val2017.json`

    `variegate preview images/ -c pipeline.yaml --yolo labels/ --classes data.yaml`

    `variegate preview images/ -c pipeline.yaml --masks masks/ --ignore 255 --cols 3 --cell 480`

    `variegate preview cat.jpg --op Perspective --op "Rotate: [-30, 30]"`

    `variegate preview --op all -o gallery.png`
    """
    on = console()
    _check_asked(path, config, op)
    to_be_written(output, *(end for end, kind in Image.registered_extensions().items() if kind in Image.SAVE))
    if op:
        table, titles = rows_of_ops(on, op, path, cols, seed)
        grid(table, cell or PLAIN, titles=titles).save(output)
        several = "s" * (len(table) > 1)
        on.print(f"wrote {output}: {len(table)} op{several} at {cols - 1} strength{'s' * (cols > 2)}, seed {seed}")
        return
    assert path is not None and config is not None
    source = LabelOptions(coco, yolo, voc, masks, segments, fields, ignore, classes, dtype, stride, mode).source(path)
    augment = visible(pipeline(config))
    table = originals_and_variations(on, augment, path, rows, cols, seed, source, cell or LABELLED, (mode, dtype))
    grid(table, cell or (PLAIN if source is None else LABELLED), augment.white).save(output)
    on.print(f"wrote {output}: {len(table)} x {cols} pictures, seed {seed}")


def _check_asked(path: Path | None, config: str | None, ops: Sequence[str] | None) -> None:
    """Refuse what is no picture with a pipeline, and no op."""
    if ops and config is not None:
        raise typer.BadParameter("--op shows an op in place of a pipeline: leave --config out, or --op")
    if ops and gallery.EVERY in ops and len(ops) > 1:
        raise typer.BadParameter("--op all shows every op: leave the other --op out")
    if not ops and config is None:
        raise typer.BadParameter("no pipeline: give --config FILE, or in its place --op NAME")
    if not ops and path is None:
        raise typer.BadParameter("no picture: give one, or a folder of them, before --config")


def rows_of_ops(
    on: Console, names: Sequence[str], path: Path | None, cols: int, seed: int
) -> tuple[list[list[SheetPicture]], list[str]]:
    """A row of each op, the original and the op from weak to strong, and the ops as they are written.

    path  of the picture, which is shown in RGB, 256 pixels long; None: a photograph that a package ships

    Raises  ConfigError for what is no op; SourceError if there is no such file.
    """
    shown = list(gallery.all_ops()) if gallery.EVERY in names else [gallery.op_of(name) for name in names]
    image = np.asarray(fitted(original(originals()[0] if path is None else path), SIDE))
    other = np.asarray(fitted(original(originals()[1]), SIDE)) if path is None else None
    with progress(on) as bar:
        rows: list[list[SheetPicture]] = [
            [*gallery.pictures(op, image, cols - 1, seed, other)] for op in bar.track(shown, description="augmenting")
        ]
    return rows, [repr(op) for op in shown]


def visible(augment: Compose) -> Compose:
    """The pipeline without the last write: no normalisation, dtype or layout, so that its pictures can be seen."""
    return replace(augment, ops=tuple(op for op in augment.ops if op.gives is not Output))


@dataclass(frozen=True)
class SheetRow:
    """One row of the sheet: a sample, where it is, its id, and the number of the first of its variations."""

    sample: Mapping[str, Any]
    where: str
    id: int
    first: int = 0

    def variations(
        self, augment: Compose, seed: int, count: int, others: Sequence[SheetRow] = ()
    ) -> list[Mapping[str, Any]]:
        """So many variations of the sample.

        others  its partners, for ops that mix samples

        Raises  InputError, with the path, if its labels cannot be taken.
        """
        keys = [Key(seed=seed, id=self.id, variation=self.first + i) for i in range(count)]
        try:
            return [augment(**self.sample, key=key, partners=_partners(others, key)) for key in keys]
        except InputError as problem:
            raise InputError(f"{self.where}: {problem}") from None


def _partners(others: Sequence[SheetRow], key: Key) -> list[Mapping[str, Any]] | None:
    """Other samples, each with its key of the same variation."""
    return [{**each.sample, "key": replace(key, id=each.id)} for each in others] or None


def originals_and_variations(
    on: Console,
    augment: Compose,
    path: Path,
    rows: int,
    cols: int,
    seed: int,
    source: Files | None = None,
    cell: int = LABELLED,
    form: tuple[str, str] = PLAINLY,
) -> list[list[SheetPicture]]:
    """Rows of an original and its variations: of the one picture, or of the first pictures in a folder.

    They are those that a loader over the folder draws in epoch 0 with this seed: variation 0, 1, 2, ... of each.

    source  of labels too, which are then drawn on each
    cell    the longer side of what is drawn, in pixels
    form    (mode, dtype) into which pictures without labels are decoded
    """
    if source is not None:
        augment = replace(augment, targets=agreed(source.targets or Targets(), augment.known))
    several = path.is_dir()
    folder = ImageFolder(path, labelled=False, mode=form[0], dtype=form[1]) if several and source is None else source
    mixes, table = bool(augment.compiler.mixes), list[list[SheetPicture]]()
    if mixes and not (several and folder is not None and min(rows, len(folder)) > 1):
        raise InputError(f"{path}: the pipeline mixes pictures, so give a folder of them, and --rows of 2 or more")
    kept = [sample_at(folder, n) for n in range(min(rows, len(folder)))] if mixes and folder else []
    with progress(on) as bar:
        for n in bar.track(range(min(rows, len(folder)) if several and folder else rows), description="augmenting"):
            row = sample_at(folder, n) if several and folder else one(path, source, n * (cols - 1), form)
            others = [each for m, each in enumerate(kept) if m != n]
            samples = [row.sample, *row.variations(augment, seed, cols - 1, others)]
            if source is None:
                table.append([sample["image"] for sample in samples])
            else:
                known: list[Compose | Targets] = [
                    augment.known,
                    *[augment] * (cols - 1),
                ]  # as it was given, and as it was made
                pairs = zip(samples, known, strict=True)
                named = source.classes, cell, augment.white
                table.append([labelled_picture(sample, targets, *named) for sample, targets in pairs])
    return table


def sample_at(source: Files, i: int) -> SheetRow:
    """The sample at position i of a source."""
    where = source.where(i)
    image = source.header(i, source.read(i)).decode()
    source.check_size(i, image.shape[:2], source.size_of_labels(i))
    return SheetRow({"image": image, **source.fields(i)}, where, source.id(i))


def one(path: Path, source: Files | None, first: int, form: tuple[str, str] = PLAINLY) -> SheetRow:
    """The sample of one file; with labels, out of a source of its folder.

    Raises  SourceError if there is no such file, or no labels are of it.
    """
    if source is None:
        return SheetRow({"image": original(path, form)}, str(path), path_id(path.name), first)
    if path.name not in source.paths:
        raise SourceError(f"{path}: it is not among the pictures of {source!r}; give one of these, or their folder")
    return replace(sample_at(source, list(source.paths).index(path.name)), first=first)


def labelled_picture(
    sample: Mapping[str, Any], targets: Compose | Targets, classes: Sequence[str], cell: int, white: White
) -> SheetPicture:
    """A picture with its labels, as large as a cell."""
    height, width = sample["image"].shape[:2]
    sides = max(1, round(cell * width / max(height, width)))
    return draw(sample, targets, classes=classes, width=sides, white=white)


def original(path: Path, form: tuple[str, str] = PLAINLY) -> NDArray[Any]:
    """A picture decoded as by the loader.

    Raises  SourceError if there is no such file; DecodeError if it is no picture.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    return open_image(path, None, form[0], dtype=form[1]).decode()
