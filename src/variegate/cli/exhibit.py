"""`variegate gallery`: every op on one's own pictures, as a folder of pictures and a page that shows them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from variegate.cli import album
from variegate.cli.album import Entry, Scene, Shown
from variegate.cli.gallery import FACE
from variegate.cli.options import Seed, console, progress
from variegate.cli.photos import originals
from variegate.cli.preview import original
from variegate.draw.grid import fitted
from variegate.errors import SourceError
from variegate.loader import ImageFolder

SIDE = 256  # pixels of a picture's longer side, unless it is said; sizes of crops are made for it
OBJECTS = {"astronaut": FACE, "coffee": (0.2, 0.1, 0.72, 0.75)}  # in the photographs that packages ship
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; }
.strip { display: grid; grid-template-columns: repeat(6, 1fr); gap: .4rem; margin: .4rem 0; }
figure { margin: 0; min-width: 0; } figcaption { font-size: .8rem; }
figcaption span { display: block; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; display: block; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid; border-radius: .3rem; font-size: .85rem; }
@media (max-width: 45rem) { .strip { grid-template-columns: repeat(3, 1fr); } }
"""


def gallery(
    path: Annotated[
        Path | None,
        typer.Argument(help="A picture, or a folder of them. Default: photographs of packages.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")] = Path("gallery"),
    op: Annotated[
        list[str] | None, typer.Option(help='Only this op, by name or as "Rotate: [-30, 30]"; may be repeated.')
    ] = None,
    strengths: Annotated[int, typer.Option(min=1, max=20, help="How many pictures an op, beside the original.")] = 5,
    pictures: Annotated[int, typer.Option(min=1, max=20, help="How many pictures of a folder.")] = 2,
    side: Annotated[int, typer.Option(min=32, max=2000, help="Pixels of a picture's longer side.")] = SIDE,
    labels: Annotated[bool, typer.Option(help="Draw a box, a mask and points where an op moves them.")] = True,
    seed: Seed = 0,
) -> None:
    """Write a page of every op, from its weakest numbers to its strongest, on your own pictures.

    Open index.html in a browser: beside each op stand its code and its pipeline file. To choose augmentations, look
    for the strength at which you would still give the picture the same label: that is the end of your range. The box,
    the ellipse and the points are made, to show where labels go; no labels of yours are read
    (`variegate preview` draws these).

    **Examples:**  `variegate gallery`

    `variegate gallery cat.jpg -o cat/`

    `variegate gallery photos/ --pictures 3 --op GaussianNoise --op "Rotate: [-30, 30]"`
    """
    on = console()
    found = scenes(path, pictures, side)
    shown = list(album.entries(op or ()))
    sections: list[tuple[Entry, str]] = []
    with progress(on) as bar:
        for entry in bar.track(shown, description="augmenting"):
            strips = [entry.strip(scene, strengths, seed, labels, other_of(found, n)) for n, scene in enumerate(found)]
            place = f"{entry.name}-{len(sections)}" if op else entry.name
            sections.append((entry, "".join(write(output, place, found, strips, "png"))))
    output.mkdir(parents=True, exist_ok=True)
    (output / "index.html").write_text("\n".join(page(sections)), encoding="utf-8")
    on.print(f"wrote {output / 'index.html'}: {len(shown)} ops at {strengths} strengths, seed {seed}")


def scenes(path: Path | None, count: int, side: int) -> list[Scene]:
    """The pictures on which ops are shown, as large as they are to be.

    Raises  SourceError if there is no such picture, or none in the folder.
    """
    if path is None:
        known = {each.stem: each for each in originals()}
        paths = [known[name] for name in OBJECTS if name in known] or originals()
        paths = paths[:count]
    elif path.is_dir():
        source = ImageFolder(path, labelled=False)
        paths = [path / source.paths[n] for n in range(min(count, len(source)))]
    else:
        paths = [path]
    if not paths:
        raise SourceError(f"{path}: no pictures in it")
    made = [(each.stem, np.asarray(fitted(original(each), side))) for each in paths]
    return [Scene(n, image, OBJECTS.get(n, album.MIDDLE) if path is None else album.MIDDLE) for n, image in made]


def other_of(found: Sequence[Scene], n: int) -> Scene | None:
    """The scene with which scene n is mixed: the next one, if there is another."""
    return found[(n + 1) % len(found)] if len(found) > 1 else None


def write(
    folder: Path, place: str, found: Sequence[Scene], strips: Sequence[Sequence[Shown]], suffix: str, at: str = ""
) -> Iterator[str]:
    """The pictures of an op in folder/pictures, and the HTML that shows them; at: where a page finds that folder."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for n, (scene, strip) in enumerate(zip(found, strips, strict=True)):
        yield '<div class="strip">\n'
        first = strip[0].picture
        for i, each in enumerate(strip):
            file = f"pictures/{place}-{n}-{i}.{suffix}"
            each.picture.save(folder / file, quality=85)
            width, height = each.picture.size
            share = min(100, round(100 * width / first.width))
            words = html.escape(f"{scene.name}: {place}, {each.said}", quote=True)
            yield (
                f'<figure><img src="{html.escape(at + file, quote=True)}" alt="{words}" width="{width}" '
                f'height="{height}" style="width:{share}%" loading="lazy">'
                f"<figcaption>{caption(each.said)}</figcaption></figure>\n"
            )
        yield "</div>\n"


def caption(said: str) -> str:
    """What is said of a picture, a number a line."""
    return "".join(f"<span>{html.escape(part)}</span> " for part in said.split(", ")).rstrip()


def page(sections: Sequence[tuple[Entry, str]]) -> Iterator[str]:
    """The page of a gallery, which needs nothing but its pictures."""
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Variegate: gallery</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{STYLE}</style></head><body><main><h1>Gallery</h1>"
    yield "<p>Each op from its weakest numbers to its strongest; the first picture of a row is the original.</p><nav>"
    families = [(name, list(some)) for name, some in groupby(sections, key=lambda each: each[0].family)]
    for name, some in families:
        links = ", ".join(f'<a href="#{entry.name}">{entry.name}</a>' for entry, _ in some)
        yield f"<p><strong>{html.escape(name)}</strong>: {links}</p>"
    yield "</nav>"
    for name, some in families:
        yield f"<h2>{html.escape(name)}</h2>"
        for entry, strips in some:
            yield f'<section id="{entry.name}"><h3>{entry.name}</h3><pre tabindex="0">{html.escape(entry.code)}</pre>'
            yield strips
            file = f'<pre tabindex="0">{html.escape(entry.file)}</pre>' if entry.file else "<p>In Python alone.</p>"
            yield f"<details><summary>As a pipeline file</summary>{file}</details></section>"
    yield "</main></body></html>"
