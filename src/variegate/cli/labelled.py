"""Labelled pictures that the options of a command name: where the labels are, and in which form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from variegate.errors import SourceError
from variegate.loader import CocoJson, ImageMaskFolder, VocFolder, YoloFolder
from variegate.loader.source.folder import Files

PANEL = "Labels: one of --coco, --yolo, --voc, --masks, or none"
Coco = Annotated[
    Path | None,
    typer.Option(
        help="COCO's JSON; file names in it are within the folder.", rich_help_panel=PANEL, show_default=False
    ),
]
Yolo = Annotated[
    Path | None,
    typer.Option(
        help="A folder of text files, one a picture, of lines `class cx cy w h`; or of polygons, with --segments.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
Voc = Annotated[
    bool,
    typer.Option("--voc", help="PATH is a folder with JPEGImages and Annotations.", rich_help_panel=PANEL),
]
MasksOption = Annotated[
    Path | None,
    typer.Option(help="A folder of PNGs, one a picture, of class numbers.", rich_help_panel=PANEL, show_default=False),
]
Segments = Annotated[
    bool, typer.Option("--segments", help="The lines of --yolo are `class x y x y ...`.", rich_help_panel=PANEL)
]
FieldsOption = Annotated[
    str,
    typer.Option(help="What of --coco is shown, with commas between; also masks and keypoints.", rich_help_panel=PANEL),
]
Ignore = Annotated[
    int | None,
    typer.Option(help="The number in --masks that means not labelled.", rich_help_panel=PANEL, show_default=False),
]
Stride = Annotated[
    float,
    typer.Option(
        help="Pixels of a picture a pixel of its mask in --masks: 4 for masks of a quarter of its sides.",
        rich_help_panel=PANEL,
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        help="Names of the classes 0, 1, 2, ... with commas between; or a file with a name a line; of --yolo also its "
        "data.yaml; of --coco, the classes wanted.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


@dataclass(frozen=True)
class LabelOptions:
    """What the options say.

    Raises  typer.BadParameter, when a source is asked for, if they do not go together.
    """

    coco: Path | None = None
    yolo: Path | None = None
    voc: bool = False
    masks: Path | None = None
    segments: bool = False
    fields: str = "boxes,labels,polygons"
    ignore: int | None = None
    classes: str | None = None
    dtype: str = "uint8"
    stride: float = 1
    mode: str = "RGB"

    def source(self, path: Path) -> Files | None:
        """The source of a folder, or of the folder of a picture; None where no labels are asked for."""
        named = {"--coco": self.coco, "--yolo": self.yolo, "--voc": self.voc or None, "--masks": self.masks}
        given = [option for option, value in named.items() if value is not None]
        if len(given) > 1:
            raise typer.BadParameter(f"labels are of one kind: {' or '.join(given)}, not both")
        self._check(given)
        if not given:
            return None
        if not path.exists():
            raise SourceError(f"{path}: no such file or folder")
        beside = path.parent.parent if self.voc else path.parent  # of a picture: the folder that its source takes
        return self._made(given[0], path if path.is_dir() else beside)

    def _check(self, given: list[str]) -> None:
        """Refuse options that say something of labels which are not asked for."""
        for option, said, of in (
            ("--segments", self.segments, ["--yolo"]),
            ("--ignore", self.ignore is not None, ["--masks"]),
            ("--stride", self.stride != 1, ["--masks"]),
            ("--fields", self.fields != LabelOptions.fields, ["--coco"]),
            ("--classes", self.classes is not None, ["--coco", "--yolo", "--voc", "--masks"]),
        ):
            if said and not set(of) & set(given):
                raise typer.BadParameter(f"{option} goes with {' or '.join(of)}")

    def _made(self, option: str, folder: Path) -> Files:
        """The source that an option asks for."""
        form: dict[str, Any] = {"mode": self.mode, "dtype": self.dtype}
        if option == "--coco":
            fields = [field.strip() for field in self.fields.split(",")]
            return CocoJson(folder, str(self.coco), fields, self._names(), **form)
        if option == "--yolo":
            yaml = self.classes is not None and self.classes.endswith((".yaml", ".yml"))
            names = self.classes if yaml else self._names()
            return YoloFolder(folder, str(self.yolo), names or (), segments=self.segments, **form)
        if option == "--voc":
            return VocFolder(folder, classes=self._names(), **form)
        names = self._names() or ()
        return ImageMaskFolder(
            folder, str(self.masks), classes=names, ignore_index=self.ignore, stride=self.stride, **form
        )

    def _names(self) -> Sequence[str] | None:
        """The names of classes, of a list or a file."""
        if self.classes is None:
            return None
        if os.path.isfile(self.classes):
            lines = Path(self.classes).read_text(encoding="utf-8-sig").splitlines()
            return [line.strip() for line in lines if line.strip()]
        return [name.strip() for name in self.classes.split(",")]
