"""What `variegate preview --op` shows: an op from its weakest numbers to its strongest, or a row of every op."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from variegate import config, elsewhere, ops
from variegate.dist import Distribution
from variegate.errors import ConfigError, FieldError
from variegate.key import Key
from variegate.ops.base import Op
from variegate.ops.copy_paste import CopyPaste
from variegate.ops.effect import Output
from variegate.ops.mixing import MixingOp
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, Targets

EVERY = "all"
# What is shown of an op that cannot be written without arguments, as pipeline files have it.
WRITTEN: Mapping[str, str] = {
    "AutoContrast": "AutoContrast: [0, 0.2]",
    "Affine": "Affine: {rotate: [-30, 30], scale: [0.7, 1.3], x: [-0.2, 0.2], shear_x: [-15, 15]}",
    "Brightness": "Brightness: [0.3, 1.7]",
    "CenterCrop": "CenterCrop: 120",
    "ColorJitter": "ColorJitter: {brightness: [0.6, 1.4], contrast: [0.6, 1.4], saturation: [0, 2], hue: [-40, 40]}",
    "Contrast": "Contrast: [0.2, 1.8]",
    "Crop": "Crop: {top: 20, left: 40, height: 120, width: 160}",
    "CropNonEmptyMask": "CropNonEmptyMask: 120",
    "Gamma": "Gamma: [0.4, 2.5]",
    "Hue": "Hue: [-60, 60]",
    "Mosaic": "Mosaic: [256, 256]",
    "MixUp": "MixUp: 1",  # every share as often
    "Letterbox": "Letterbox: {size: [192, 256], fill: 114}",
    "LongestMaxSize": "LongestMaxSize: 96",
    "Pad": "Pad: {amount: 32, border: reflect}",
    "PadIfNeeded": "PadIfNeeded: {size: 288, fill: 114}",
    "Posterize": "Posterize: [1, 6]",
    "RandAugment": "RandAugment: {magnitude: [0, 30]}",
    "RandomCrop": "RandomCrop: 120",
    "Resize": "Resize: [96, 192]",
    "Rotate": "Rotate: [-45, 45]",
    "Saturation": "Saturation: [0, 2]",
    "Scale": "Scale: [0.5, 1.5]",
    "Shear": "Shear: {x: [-30, 30]}",
    "SmallestMaxSize": "SmallestMaxSize: 96",
    "AugMix": "AugMix: {severity: 10}",
    "policy": "policy: rand-m9-mstd0.5-inc1",
    "Translate": "Translate: {x: [-0.3, 0.3], y: [-0.1, 0.1]}",
}
MADE_OF_OTHERS = (
    "Compose",
    "OneOf",
    "SomeOf",
    "RandomApply",
    "RandomOrder",
    "Opaque",
    "Pointwise",
)  # nothing to look at by themselves
SHOWN = Targets(boxes=Boxes("rel_xyxy"), mask=Mask(), masks=Mask(stack=True))  # for ops that look at labels
FACE = (0.32, 0.08, 0.6, 0.5)  # of the astronaut, in fractions of the picture


def op_of(text: str) -> Op:
    """An op, written as in a pipeline file: `GaussianBlur`, or `Rotate: [-30, 30]`.

    Raises  ConfigError that says what is wrong with it.
    """
    written = f"variegate: 1\nops:\n  - {WRITTEN.get(text, text)}\n"
    name = text.partition(":")[0].strip()
    if re.fullmatch(r"\w+", name) and name not in ops.__all__:
        said = elsewhere.told(name, ops.__all__)
        raise ConfigError(
            f"--op {name}: there is no such op; {said or '`variegate ops` lists them, and so does --op all'}"
        )
    try:
        (op,) = config.load(written, Compose).ops
    except ConfigError as problem:
        told = str(problem).partition(": ")[2].replace("Compose.ops[0]: ", "")
        raise ConfigError(f"--op {text!r}: {told}") from None
    return op


def all_ops() -> Iterator[Op]:
    """Each op of the library that a picture shows, as its defaults are or as it is written here."""
    for name in ops.__all__:
        kind = getattr(ops, name)
        if not inspect.isclass(kind) or not issubclass(kind, Op) or kind is Op or name in MADE_OF_OTHERS:
            continue
        if kind.gives is not Output:
            yield op_of(name)


def strengths(op: Op, count: int) -> list[Op]:
    """An op with constants in place of what it draws: of all of its numbers the lowest, those between, the highest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constants are meant
        return [_constant(op, u) for u in np.linspace(0.02, 0.98, count)]


def _constant(op: Op, u: float) -> Op:
    drawn = {name: value for name, value in vars(op).items() if isinstance(value, Distribution) and value.draws == 1}
    numbers = {name: float(value.at(np.full((1, 1), u))[0]) for name, value in drawn.items()}
    made: Any = op
    for name, number in numbers.items():
        try:
            made = replace(made, **{name: number})
        except FieldError:  # of whole numbers
            made = replace(made, **{name: float(np.floor(number))})
    assert isinstance(made, Op)
    return made


def pictures(
    op: Op, image: NDArray[np.uint8], count: int, seed: int, other: NDArray[np.uint8] | None = None
) -> list[NDArray[Any]]:
    """The picture, and what each strength makes of it, with other numbers for what a strength leaves open.

    other  the partner, of an op that mixes; None: as of `partner`
    """
    made, mixes = [image], isinstance(op, MixingOp)
    for n, each in enumerate(strengths(op, count)):
        key = Key(seed=seed, variation=n)
        if op.looks or isinstance(op, CopyPaste):
            mask = face(image.shape[:2])
            sample: dict[str, Any] = {"image": image, "boxes": [FACE], "mask": mask, "masks": mask[None]}
            made.append(
                Compose([each], targets=SHOWN)(
                    **sample, key=key, partners=others(sample, image, other) if mixes else None
                )["image"]
            )
        else:
            made.append(Compose([each])(image, key=key, partners=[partner(image, other)] if mixes else None))
    return made


def others(sample: Mapping[str, Any], image: NDArray[np.uint8], other: NDArray[np.uint8] | None) -> list[Any]:
    """The partners of a sample: one, with the same labels on another picture."""
    return [{**sample, "image": partner(image, other)}]


def partner(image: NDArray[np.uint8], other: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """A picture to be mixed with another of its size: the middle of a third one, or without one itself turned round."""
    if other is None:
        return np.ascontiguousarray(image[::-1, ::-1])
    height, width = image.shape[:2]
    return np.asarray(ImageOps.fit(Image.fromarray(other), (width, height)))


def face(size: tuple[int, ...]) -> NDArray[np.uint8]:
    """A mask (H, W) that is 1 where the box is."""
    mask = np.zeros(size, np.uint8)
    left, top, right, bottom = (round(part * side) for part, side in zip(FACE, (*size[::-1], *size[::-1]), strict=True))
    mask[top:bottom, left:right] = 1
    return mask
