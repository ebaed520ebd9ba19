"""Compose: a declared pipeline that can be called. declare -> draw -> compile -> run."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import InputError
from variegate.key import Key, Keys, fresh_key
from variegate.ops.combine import Chain
from variegate.plan.picture import DTYPES, as_picture, check_fields

if TYPE_CHECKING:
    from variegate.plan.compiler import Compiler
    from variegate.plan.plan import Plan

Image = NDArray[Any]
MOST_BYTES = 2**31 - 1


@dataclass(frozen=True, repr=False)
class Compose(Chain):
    """Ops, one after the other, compiled into as few passes over the pixels as they allow.

    ops            the ops, in order
    interpolation  "nearest", "bilinear" or "bicubic", for ops that name none
    antialias      whether a picture that shrinks is filtered first, for ops that do not say

    A picture is (H, W, C) or (H, W), uint8 with white at 255 or float32 with white at 1. The result has its dtype,
    unless `Normalize` or `ToDtype` say otherwise.

    >>> from variegate import HorizontalFlip, Key, Rotate
    >>> augment = Compose([Rotate((-30, 30)), HorizontalFlip(p=0.5)])
    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> augment(image).shape
    (40, 60, 3)
    >>> same = augment(image, key=Key(seed=1, id=7)) == augment(image, key=Key(seed=1, id=7))
    >>> bool(same.all())
    True

    Raises  FieldError if ops holds anything but ops; PipelineError, on first use, if the ops cannot stand together.
    """

    @functools.cached_property
    def compiler(self) -> Compiler:
        """The compiled form, made when it is first needed."""
        from variegate.plan.compiler import Compiler

        return Compiler(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "compiler"}

    @property
    def fingerprint(self) -> str:
        """A hex digest of the declared pipeline: equal if its ops, their fields and the user's functions are.

        A function counts by its module, its name and its compiled body, so an edited function is another one.

        >>> Compose([]).fingerprint == Compose([], antialias=False).fingerprint
        False
        """
        from variegate.plan.fingerprint import fingerprint

        return fingerprint(self, self.compiler.flat.nodes)

    def __call__(self, image: Image | None = None, /, *, key: Key | None = None, **fields: Any) -> Any:
        """Augment one picture: an array gives an array, fields give a dict.

        image   the picture; or, by keyword, `image=` and any `label=`, which is passed on
        key     which numbers to draw; the same key gives the same bytes for ever. None: fresh numbers, never repeated

        Raises  InputError if the picture is no uint8 or float32 array of rank 2 or 3, or a field is unknown.
        """
        if image is not None:
            if fields:
                raise InputError(f"give the picture by position or by keyword, not both: got {sorted(fields)}")
            return self._one(image, key)
        check_fields(fields)
        return {**fields, "image": self._one(fields["image"], key)}

    def _one(self, image: Image, key: Key | None) -> Image:
        picture, flat = as_picture(image)
        plan = self.plan(Keys.of([key or fresh_key()]), np.array([picture.shape[:2]]), picture.shape[2], picture.dtype)
        out = np.empty(plan.shapes[0], plan.dtype)
        plan.run(0, picture, out)
        return out[:, :, 0] if flat and plan.layout == "HWC" else out

    def plan(self, keys: Keys, sizes: Any, channels: int = 3, dtype: DTypeLike = np.uint8) -> Plan:
        """Draw and lower a batch: one call a batch, then `plan.run(i, image, out)` for each sample, from any thread.

        keys   B keys
        sizes  (B, 2): (height, width) of each picture
        """
        sizes = np.asarray(sizes, np.int64).reshape(-1, 2)
        name = np.dtype(dtype).name
        if name not in DTYPES:
            raise InputError(f"pictures are uint8 or float32, got {name}; convert them first")
        if len(sizes) != len(keys):
            raise InputError(f"{len(keys)} keys for {len(sizes)} sizes; a plan needs one of each a sample")
        if len(sizes) and (
            sizes.min() < 1 or (sizes.prod(axis=1) * channels).max() * np.dtype(dtype).itemsize > MOST_BYTES
        ):
            raise InputError(
                f"a picture has 1 pixel or more and at most 2 GiB, got sizes {sizes.min(0)} to {sizes.max(0)}"
            )
        return self.compiler.plan(keys, sizes, channels, name)

    def batch(self, images: Sequence[Image] | Image, *, keys: Keys | Sequence[Key] | None = None) -> Any:
        """Augment a list of pictures or an array (B, H, W, C): faster than one by one, and the same bytes.

        keys  one a picture; None: fresh numbers

        Returns an array (B, ...) where all results have one shape, otherwise a list of arrays.
        """
        pictures = [as_picture(image) for image in images]
        columns = self._keys(keys, len(pictures))
        if not pictures:
            return self._nothing(images)
        kinds = {(picture.shape[2], picture.dtype.name) for picture, _ in pictures}
        if len(kinds) > 1:
            raise InputError(f"pictures of one batch share channels and dtype, got {sorted(kinds)}")
        plan = self.plan(columns, [picture.shape[:2] for picture, _ in pictures], *kinds.pop())
        shapes = plan.shapes
        if len(set(shapes)) == 1:
            out: Any = np.empty((len(pictures), *shapes[0]), plan.dtype)
        else:
            out = [np.empty(shape, plan.dtype) for shape in shapes]
        for i, (picture, _) in enumerate(pictures):
            plan.run(i, picture, out[i])
        if plan.layout == "CHW" or not all(flat for _, flat in pictures):
            return out
        return out[..., 0] if isinstance(out, np.ndarray) else [each[..., 0] for each in out]

    def _nothing(self, images: Sequence[Image] | Image) -> Any:
        """The result for no pictures: an empty list, or an empty array of the shape that pictures would have."""
        if not isinstance(images, np.ndarray):
            return []
        one = self.batch(np.zeros((1, *images.shape[1:]), images.dtype), keys=[Key()])
        return one[:0]

    def _keys(self, keys: Keys | Sequence[Key] | None, count: int) -> Keys:
        if keys is None:
            # A fresh key a batch, and a variation a sample: as fresh as a key each, and cheaper.
            key = fresh_key()
            return Keys.at(key.seed, 0, np.full(count, key.id, np.uint64), np.arange(count, dtype=np.uint32))
        columns = keys if isinstance(keys, Keys) else Keys.of(list(keys))
        if len(columns) != count:
            raise InputError(f"{len(columns)} keys for {count} pictures; give one key a picture")
        return columns

    def variations(self, image: Image, seed: int | None = None, id: int = 0) -> Iterator[Image]:
        """An endless stream of variations of one picture.

        seed  the same seed gives the same stream; None: a fresh one

        >>> from variegate import Rotate
        >>> stream = Compose([Rotate((-30, 30))]).variations(np.zeros((8, 8), np.uint8), seed=0)
        >>> next(stream).shape
        (8, 8)
        """
        if seed is None:
            fresh = fresh_key()
            seed, id = fresh.seed, fresh.id
        variation = 0
        while True:
            yield self._one(image, Key(seed, 0, id, variation))
            variation += 1

    def params(self, key: Key, size: tuple[int, int] | None = None) -> dict[str, dict[str, Any]]:
        """The numbers drawn for a key, by the path of each op: `applied`, and every field.

        A field that is drawn several times (the ten trials of a crop) is a list.

        >>> from variegate import Rotate
        >>> Compose([Rotate(10)]).params(Key())
        {'Rotate': {'applied': True, 'angle': 10.0}}
        """
        from variegate.plan.draw import applied

        columns = self.compiler.drawing.columns(Keys.of([key]))
        told: dict[str, dict[str, Any]] = {}
        for node in self.compiler.flat.nodes:
            flags = applied(node.gates, columns)
            numbers = {name: column[..., 0].tolist() for name, column in columns[node.path].items() if name != "p"}
            told[node.path] = {"applied": True if flags is None else bool(flags[0]), **numbers}
        return told

    def explain(self, size: tuple[int, int] | None = None, channels: int = 3, dtype: DTypeLike = np.uint8) -> str:
        """The compiled plan as text: stages, the number of resamplings, and each reason for a cut.

        size  (height, width) of a picture; with it, the sizes along the way and the kernels are told too
        """
        from variegate.plan.explain import explain

        return explain(self, size, channels, np.dtype(dtype).name)


def load(source: str | Path | Mapping[str, Any], ops: Iterable[type] = ()) -> Compose:
    """A pipeline from a YAML or JSON file, from such text, or from plain values. Nothing in it is executed.

    ops  classes of your own that the file may name

    >>> load({"variegate": 1, "ops": [{"Rotate": [-30, 30]}]})
    Compose(ops=(Rotate(angle=Uniform(-30, 30)),))

    Raises  ConfigError, with the line and the field, if anything in it cannot be read.
    """
    from variegate import config

    return config.load(source, Compose, ops)


def save(pipeline: Compose, path: str | Path, ops: Iterable[type] = ()) -> None:
    """Write a pipeline to a .yaml, .yml or .json file, from which `load` gives an equal one.

    Raises  ConfigError if it holds a function of yours, or the suffix is another one.
    """
    from variegate import config

    config.save(pipeline, path, ops)
