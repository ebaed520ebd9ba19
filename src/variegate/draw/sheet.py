"""Many pictures at a glance: those of a batch, or variations of some."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from variegate.arguments import whole
from variegate.draw.sample import ClassNames, draw
from variegate.draw.subject import LoaderLike, SourceLike, Subject
from variegate.draw.undone import plain, undone
from variegate.errors import InputError
from variegate.key import Key
from variegate.picture import is_pil
from variegate.pipeline.compose import Compose
from variegate.targets import Target, Targets

if TYPE_CHECKING:
    from PIL import Image

MOST = 64  # pictures that are shown, of more


def sheet(
    targets: Compose | Targets | Mapping[str, Target] | LoaderLike | SourceLike | None,
    samples: Any = None,
    *,
    variations: int = 0,
    seed: int = 0,
    classes: ClassNames = (),
    cell: int = 160,
    columns: int | None = None,
    by: Literal["class", "instance"] = "class",
    background: int | None = 0,
) -> Image.Image:
    """Pictures with their labels on one page, as a PIL image: a notebook shows it, `.save("a.png")` writes it.

    targets     the pipeline whose results they are, or that is to be looked at; what it normalised is shown as it was
                before. Or what their fields are: see `draw`. Or a loader or a source alone, which knows both
    samples     a batch as a loader gives it, a dict of `image` (B, ...) and other fields; an array or a tensor of
                pictures (B, ...), channels first or last; a list of samples or pictures; a loader, of whose next epoch
                the first batch is shown, and which stays where it is; or a source. The first 64 are shown
    variations  so many, of each: then samples are what goes into the pipeline, each row begins with one of them,
                framed, and is what a loader draws in epoch 0 with this seed, of ids 0, 1, 2, ..., or a source's own.
                Ops that mix samples, such as MixUp, take others of these as partners
    cell        pixels of the longer side of each
    columns     pictures a row; None: about as many as rows. Of variations: one more than these
    classes, by, background: as in `draw`; a source brings the names of its classes

    >>> import numpy as np
    >>> from variegate import Compose, HorizontalFlip, Normalize
    >>> augment = Compose([HorizontalFlip(), Normalize(layout="CHW")])
    >>> batch = augment.batch(np.zeros((4, 30, 40, 3), np.uint8))
    >>> sheet(augment, batch).size, sheet(augment, np.zeros((4, 30, 40, 3), np.uint8), variations=3).size
    ((338, 338), (670, 670))

    Raises  InputError if a sample is none that can be seen, see `draw`, or there is none; FieldError if a number is no
            whole one, or too small.
    """
    from variegate.draw.grid import grid

    variations, cell = whole(variations, "sheet: variations", 0), whole(cell, "sheet: cell", 1, ", in pixels")
    columns = None if columns is None else whole(columns, "sheet: columns", 1, ", or None")
    subject = Subject.of(targets, samples, MOST, variations > 0)
    made: Any = subject.targets
    shown = list(_samples(subject.samples, made.known if isinstance(made, Compose) else Targets.of(made)))
    if not shown:
        raise InputError("sheet takes one picture or more, got none")
    options: dict[str, Any] = {"classes": classes or subject.classes, "by": by, "background": background}
    if not variations:
        drawn = [_cell(sample, made, cell, options) for sample in shown]
        wide = math.ceil(math.sqrt(len(drawn))) if columns is None else columns
        return grid([drawn[n : n + wide] for n in range(0, len(drawn), wide)], cell, framed=False)
    if not isinstance(made, Compose):
        raise InputError(f"variations of sheet are those of a pipeline, and {made!r} is none")
    rows, mixes, ids = [], bool(made.compiler.mixes), subject.ids or range(len(shown))
    given = [{**sample, "image": np.ascontiguousarray(undone(sample["image"], None))} for sample in shown]
    for id, taken in zip(ids, given, strict=True):

        def others(v: int, id: int = id) -> dict[str, Any]:
            """The partners of a sample, where ops mix some."""
            there = zip(ids, given, strict=True)
            found = [{**each, "key": Key(seed=seed, id=m, variation=v)} for m, each in there if m != id]
            return {"partners": found} if mixes and found else {}

        results = (made(**taken, key=Key(seed=seed, id=id, variation=v), **others(v)) for v in range(variations))
        first = _cell(taken, made.known, cell, options | {"white": made.white})
        rows.append([first, *(_cell(each, made, cell, options) for each in results)])
    return grid(rows, cell)


def _cell(sample: Mapping[str, Any], targets: Any, cell: int, options: Mapping[str, Any]) -> Image.Image:
    """A sample, drawn as large as a cell."""
    pipeline = targets if isinstance(targets, Compose) else None
    picture = undone(sample["image"], pipeline)
    width, height = picture.size if is_pil(picture) else np.shape(picture)[1::-1]
    return draw(sample, targets, width=max(1, round(cell * width / max(width, height))), **options)


def _samples(samples: Any, known: Targets) -> Iterator[dict[str, Any]]:
    """Samples one by one, of a batch or of a list.

    Raises  InputError if they are neither.
    """
    if isinstance(samples, Mapping):
        yield from _rows(samples, known)
        return
    given = plain(samples)
    if isinstance(given, np.ndarray) and given.ndim < 4:
        raise InputError(f"sheet takes pictures (B, ...), got an array {given.shape}: of one write [picture], or draw")
    if not isinstance(given, np.ndarray | Sequence) or isinstance(given, str):
        told = "sheet takes a batch, an array of pictures, a list, a loader or a source; got"
        batches = ". Of other batches write sheet(augment, next(iter(batches)))" * hasattr(given, "__iter__")
        raise InputError(f"{told} {type(given).__name__}{batches}")
    for each in given[:MOST]:
        yield dict(each) if isinstance(each, Mapping) else {"image": each}


def _rows(batch: Mapping[str, Any], known: Targets) -> Iterator[dict[str, Any]]:
    """The samples of a batch; of padded fields, the instances that are there."""
    if "image" not in batch:
        raise InputError(f"a batch of sheet is a dict with image, got {sorted(map(str, batch))}")
    fields = {name: plain(value) for name, value in batch.items() if name in known}
    pictures = fields["image"]
    if is_pil(pictures) or (isinstance(pictures, np.ndarray) and pictures.ndim < 4):
        got = "a PIL image" if is_pil(pictures) else f"an array {pictures.shape}"
        raise InputError(f"a batch of sheet has pictures (B, ...) in image, got {got}: of one sample write [sample]")
    for n in range(min(MOST, len(fields["image"]))):
        sample = {}
        for name, value in fields.items():
            there = batch.get(str(known[name].rows_of))
            kept = slice(None) if there is None else np.asarray(plain(there[n]), np.bool_)
            sample[name] = value[n] if there is None or isinstance(value[n], list) else value[n][kept]
        yield sample
