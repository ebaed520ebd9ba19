"""Album: each op of the library from weak to strong, with labels where it moves them, and how it is written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from variegate import config, dist
from variegate.cli import gallery
from variegate.cli.families import CHOICE, family, kinds, required
from variegate.dist import Constant, Distribution
from variegate.draw import draw
from variegate.draw.grid import fitted
from variegate.errors import ConfigError
from variegate.key import Key
from variegate.ops.base import Op, leaves
from variegate.ops.effect import Geometric
from variegate.ops.function import FunctionOp, Opaque, Pointwise
from variegate.ops.mixing import MixingOp
from variegate.pipeline import Compose
from variegate.targets import Boxes, Keypoints, Mask, Targets

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]
MIDDLE: Box = (0.25, 0.2, 0.75, 0.8)
SEVERAL = "{ops: [{Rotate: [-40, 40]}, HorizontalFlip, {Posterize: 2}, {GaussianBlur: 3}]"
WRITTEN = {  # beside those of `gallery`: ops that hold others, or are no sight by themselves
    "OneOf": f"OneOf: {SEVERAL}}}",
    "SomeOf": f"SomeOf: {SEVERAL}, n: 2}}",
    "RandomApply": f"RandomApply: {SEVERAL}, p: 0.5}}",
    "ToDtype": "ToDtype: float32",
}
KNOWN = Targets(boxes=Boxes(), mask=Mask(), masks=Mask(stack=True), points=Keypoints(group=None))
OBJECTS = Targets(boxes=Boxes(), masks=Mask(stack=True), points=Keypoints())
DISTRIBUTIONS = "|".join(name for name in dir(dist) if isinstance(getattr(dist, name), type))


def warmer(pixel: Any, amount: float) -> Any:
    """Of one pixel: more red, less blue."""
    return (pixel[0] + amount, pixel[1], pixel[2] - amount)


def posterized(image: NDArray[np.float32], levels: float) -> NDArray[np.float32]:
    """Of a whole picture, float32 with white as 1: fewer levels."""
    return np.asarray(np.round(image * np.float32(levels)) / np.float32(levels), np.float32)


# Ops of a function of the user's own, which stand in Python alone.
OF_FUNCTIONS: dict[str, tuple[Op, str]] = {
    "Pointwise": (
        Pointwise(warmer, amount=(0, 0.3)),
        "def warmer(pixel, amount):\n    return (pixel[0] + amount, pixel[1], pixel[2] - amount)\n\n\n"
        "vg.Pointwise(warmer, amount=(0, 0.3))",
    ),
    "Opaque": (
        Opaque(posterized, levels=(2, 8), moves_pixels=False),
        "def posterized(image, levels):\n    return np.round(image * levels) / levels\n\n\n"
        "vg.Opaque(posterized, levels=(2, 8), moves_pixels=False)",
    ),
}


@dataclass(frozen=True)
class Scene:
    """A picture on which ops are shown, (H, W, 3), and where its object is, in fractions of its sides."""

    name: str
    image: Pixels
    box: Box = MIDDLE

    def sample(self) -> dict[str, Any]:
        """It with a box, an ellipse in the box as its mask, and five points."""
        height, width = self.image.shape[:2]
        left, top, right, bottom = (part * side for part, side in zip(self.box, (width, height) * 2, strict=True))
        x, y = (left + right) / 2, (top + bottom) / 2
        rows, columns = np.mgrid[:height, :width] + 0.5
        inside = ((columns - x) / (right - left)) ** 2 + ((rows - y) / (bottom - top)) ** 2 <= 0.25
        points = [[x, y], [left, y], [right, y], [x, top], [x, bottom]]
        return {
            **{"image": self.image, "boxes": [[left, top, right, bottom]]},
            **{"mask": inside.astype(np.uint8), "points": points},
        }

    def objects(self) -> dict[str, Any]:
        """The same with the ellipse and the points as those of an object, which mixing ops keep apart."""
        sample = self.sample()
        mask = sample.pop("mask")
        return {**sample, "masks": mask[None], "points": [sample["points"]]}

    def fitted(self, size: tuple[int, int]) -> Scene:
        """Its middle, (height, width) large: to be mixed with a picture of that size."""
        height, width = self.image.shape[:2]
        scale = max(size[0] / height, size[1] / width)
        shown = size[1] / (width * scale), size[0] / (height * scale)  # of its sides
        places = [(place - (1 - shown[n % 2]) / 2) / shown[n % 2] for n, place in enumerate(self.box)]
        left, top, right, bottom = (min(max(place, 0.0), 1.0) for place in places)
        image = np.asarray(ImageOps.fit(Image.fromarray(self.image), size[::-1]))
        return Scene(self.name, image, (left, top, right, bottom))

    def turned(self) -> Scene:
        """It upside down."""
        left, top, right, bottom = self.box
        return Scene(
            self.name, np.ascontiguousarray(self.image[::-1, ::-1]), (1 - right, 1 - bottom, 1 - left, 1 - top)
        )


@dataclass(frozen=True)
class Shown:
    """A picture of the album: what was made of a scene, and by which numbers."""

    picture: Image.Image
    said: str


@dataclass(frozen=True)
class Entry:
    """An op in the album: its name, its family, its code, its pipeline file ("": none can hold it)."""

    op: Op
    name: str
    family: str
    code: str
    file: str

    def strip(
        self, scene: Scene, count: int, seed: int = 0, labels: bool = True, other: Scene | None = None
    ) -> list[Shown]:
        """The scene, and what each strength makes of it; once, where all are alike.

        labels  whether they are drawn, of ops that move them
        other   the partner, of an op that mixes; None: the scene upside down
        """
        known = labels and moves(self.op)
        made = [self._shown(scene, None, Key(seed), known, other)]
        for n, each in enumerate(gallery.strengths(self.op, count)):
            made.append(self._shown(scene, each, Key(seed, variation=n), known, other))
        alike = all(each.picture.tobytes() == made[1].picture.tobytes() for each in made[2:])
        return made[:2] if alike else made

    def _shown(self, scene: Scene, op: Op | None, key: Key, labels: bool, other: Scene | None) -> Shown:
        mixes = isinstance(self.op, MixingOp)
        sample, known = (scene.objects(), OBJECTS) if mixes else (scene.sample(), KNOWN)
        if op is None:
            said = "the original"
        else:
            said = differences(self.op, op) or f"variation {key.variation + 1}"
            if op.looks == "instances":
                sample["masks"] = sample.pop("mask")[None]
            partners = None
            if mixes:
                partner = scene.turned() if other is None else other.fitted(scene.image.shape[:2])
                partners = [partner.objects()]
            if labels or op.looks or mixes:
                sample = Compose([op], targets=known)(**sample, key=key, partners=partners)
            else:
                sample["image"] = Compose([op])(sample["image"], key=key)
        if labels:
            return Shown(draw(sample, known, width=sample["image"].shape[1]), said)
        image = sample["image"]
        beyond = image.dtype.kind == "f" and not 0 <= image.min() <= image.max() <= 1  # normalised
        return Shown(fitted(image, max(image.shape[:2]), None if beyond else "dtype"), said)


def moves(op: Op) -> bool:
    """Whether labels may not stay where they are, or others may come."""
    return isinstance(op, MixingOp) or any(issubclass(each.gives, Geometric) or each.looks for each in leaves(op))


def differences(op: Op, made: Op) -> str:
    """The numbers of an op that were drawn from a range in another."""
    before = {item.name: getattr(op, item.name) for item in fields(op) if item.init}
    after = {name: getattr(made, name) for name in before}
    drawn = [name for name, value in before.items() if isinstance(value, Distribution) and value != after[name]]
    told = {name: after[name].value if isinstance(after[name], Constant) else after[name] for name in drawn}
    return ", ".join(f"{n}={value:.3g}" if isinstance(value, float) else f"{n}={value}" for n, value in told.items())


def entries(names: Sequence[str] = ()) -> Iterator[Entry]:
    """The ops of the library by family, or those of these names, each also written as in a file: "Rotate: [-9, 9]".

    Raises  ConfigError for what is no op.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            if name not in OF_FUNCTIONS:
                yield entry(gallery.op_of(WRITTEN.get(name, name)))
            else:
                yield entry(*OF_FUNCTIONS[name])
        for some in kinds().values() if not names else ():
            yield from (_of_kind(kind) for kind in some)


def _of_kind(kind: type[Op]) -> Entry:
    name = kind.__name__
    if issubclass(kind, FunctionOp):
        return entry(*OF_FUNCTIONS[name])
    written = WRITTEN.get(name)
    if written is None and family(kind) == CHOICE and name not in gallery.WRITTEN and required(kind):
        written = f"{name}: {SEVERAL}}}"
    return entry(gallery.op_of(written or name))


def entry(op: Op, code: str = "") -> Entry:
    """An op with its code; of one without functions, that is made here."""
    return Entry(op, type(op).__name__, family(type(op)), code or python(op), "" if code else yaml(op))


def python(op: Op) -> str:
    """How an op is written in Python, after `import variegate as vg`."""
    named = re.sub(r"(?<![\w.'\"])([A-Z]\w*\(|policy\()", r"vg.\1", repr(op))
    return re.sub(r"vg\.Uniform(\([^()]*\))", r"\1", re.sub(r"vg\.Constant\(([^()]*)\)", r"\1", named))


def yaml(op: Op) -> str:
    """The pipeline file that holds an op alone; "" where no file can."""
    from yaml import safe_dump

    try:
        return str(safe_dump(config.dump(Compose([op])), sort_keys=False, default_flow_style=None, width=88))
    except ConfigError:
        return ""
