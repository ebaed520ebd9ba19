"""Plan: one batch, drawn and lowered; each of its samples can then be run from any thread."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import le
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.arguments import show
from variegate.errors import InputError
from variegate.labels.blend_row import MixingRow
from variegate.picture import ImageArray, as_picture
from variegate.plan.bound import BoundBatch
from variegate.plan.carried import CarriedLabels
from variegate.plan.gone import left
from variegate.plan.mixing import Level, blend_rows, lowered_levels
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.smaller import Covers, fit_of
from variegate.plan.stage.base import Window
from variegate.plan.trail import trail
from variegate.targets.leaf import PlainLeaf
from variegate.white import NOMINAL, check_range, dtype_name, white_of

if TYPE_CHECKING:
    from variegate.labels.carry import MovedLabels
    from variegate.labels.point_map import PointMap
    from variegate.labels.point_maps import PointMaps
    from variegate.plan.collage_form import CollageForm, CollageRow
    from variegate.targets.leaf import Leaves

Again = Callable[[PictureSpec], "Plan"]


class Plan:
    """A batch of B samples, drawn and lowered.

    shapes  the shape of each sample's result, layout included
    dtype   the dtype of every result
    asks    the op that must know what white is, if there is one: pictures are then held to their range
    levels  the ops that mix several samples, which are not run here: see `blend`
    """

    def __init__(
        self,
        bound: BoundBatch,
        leaves: Sequence[Leaves],
        asks: str,
        again: Again,
        levels: Sequence[Level] = (),
        collage: CollageForm | None = None,
    ) -> None:
        self.bound, self.leaves, self.asks, self.levels = bound, leaves, asks, levels
        self._again, self._collage = again, collage
        self._views: dict[PictureSpec, Plan] = {}  # the same plan for views: of other channels, other numbers

    def __len__(self) -> int:
        return len(self.bound.sizes)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each sample's result, layout included."""
        sizes, channels = self.bound.after.tolist(), self.spec.channels
        if self.layout == "CHW":
            return [(channels, h, w) for h, w in sizes]
        return [(h, w, channels) for h, w in sizes]

    @property
    def layout(self) -> str:
        """ "HWC" or "CHW", as every result is written."""
        return self.bound.output.layout

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of every result."""
        return np.dtype(self.bound.output.dtype)

    @property
    def spec(self) -> PictureSpec:
        """What all its pictures share."""
        return self.bound.spec

    @property
    def between(self) -> int:
        """Bytes of the pictures between the segments of that sample whose are the most; 0 where none is cut."""
        bound = self.bound
        return 0 if bound.first[-1] == len(self) else max(bound.nbytes(i) for i in range(len(self)))

    def collage(self, i: int) -> CollageRow | None:
        """Who is in the collage that sample i is to be; None if it is to be none."""
        return None if self._collage is None else self._collage.row(self.bound.columns, i)

    def blend(self, i: int, level: int) -> MixingRow | None:
        """What a level of the ops that mix does to sample i; None if nothing."""
        return self._blends[level][i]

    @functools.cached_property
    def _blends(self) -> list[list[MixingRow | None]]:
        bound = self.bound
        levels = lowered_levels(self.levels, bound.columns, bound.after, self.spec.channels)
        return [blend_rows(level, bound.columns, len(self)) for level in levels]

    @functools.cached_property
    def point_maps(self) -> PointMaps:
        """Where labels go."""
        from variegate.labels.point_maps import PointMaps

        bound = self.bound
        return PointMaps(
            trail(bound.lowered, bound.cutter.settings(self.spec), bound.sizes), self.spec.defaults.antialias
        )

    def check(self, image: ImageArray, name: str = "the picture", scaled: bool = False) -> None:
        """Refuse a picture whose numbers are not those between black and white, where an op asks what white is.

        name    what errors call it
        scaled  whether a decoder has made its white 1

        Raises  InputError that names the range met, and how white is declared.
        """
        if self.asks and scaled and self.spec.white not in (1.0, None):
            raise InputError(
                f'{name} was decoded to 0 to 1, as dtype="float32" makes of integers, but the pipeline says that white '
                f"is {show(self.spec.white)}. Leave white= out; or let dtype='uint16' keep the numbers of the file"
            )
        if self.asks and self.spec.white is not None:
            declare = "Compose(..., white={})" if name == "the picture" else f"{name}=Image(white={{}}, colour=True)"
            check_range(image, self.spec.white, self.asks, name, declare)

    @property
    def inspects(self) -> bool:
        """Whether `check` looks at all numbers of a picture: its dtype has some that are beyond white."""
        white, dtype = self.spec.white, self.spec.dtype
        return bool(self.asks) and white is not None and (dtype == "float32" or white < NOMINAL[dtype])

    def run(
        self, i: int, image: ImageArray, out: ImageArray, covers: Covers | None = None, checked: bool = False
    ) -> None:
        """Write sample i into `out`; releases the GIL, and may be called from any thread.

        image   (H, W, C) of the dtype and size that were planned, or smaller: then it is read through the same map
                with its coordinates scaled, and all windows, labels and records stay as planned
        out     C-contiguous, of shapes[i] and dtype
        covers  (left, top, right, bottom): what a smaller picture shows, in pixels of the one that was planned; by
                default all of it
        checked  whether `check` has seen the picture already

        Raises  InputError if the picture is larger than planned, of other channels or another dtype, or out of range.
        """
        spec = self.spec
        asked, fit = (*self.bound.sizes[i].tolist(), spec.channels), None
        alike = dtype_name(image.dtype) == spec.dtype
        if image.shape != asked or not alike or covers is not None:
            smaller = image.ndim == 3 and 0 not in image.shape and all(map(le, image.shape, asked))
            if not smaller or image.shape[2] != asked[2] or not alike:
                raise InputError(
                    f"sample {i} was planned as {asked[:2]} x {spec.channels} {spec.dtype}, got "
                    f"{image.shape} {image.dtype}; it may have fewer rows and columns, and nothing else may differ"
                )
            fit = fit_of(asked[:2], image.shape[:2], covers)
        shape = self.bound.shape(i)
        if dtype_name(out.dtype) != self.bound.output.dtype or not out.flags.carray or out.shape != shape:
            raise InputError(
                f"out must be writeable, C-contiguous {self.dtype} of shape {shape}, got {out.dtype} {out.shape}"
                f"{'' if out.flags.writeable else ', read-only'}"
            )
        if not checked:
            self.check(image)
        self.bound.run(i, np.ascontiguousarray(image), out, fit)

    def result(self, i: int, image: ImageArray, flat: bool = False, checked: bool = False) -> ImageArray:
        """Sample i in memory of its own; see `run`.

        flat  whether the picture came without channels: then a result in HWC has none either
        """
        out = np.empty(self.bound.shape(i), self.dtype)
        self.run(i, image, out, checked=checked)
        return out[:, :, 0] if flat and self.layout == "HWC" else out

    def reduction(self, i: int) -> int:
        """The largest d of 1, 2, 4 and 8 such that a picture of 1/d of the size planned is enough for sample i.

        Enough: at every output pixel and in every direction, the smaller picture is still shrunk, or read one to one.
        1 where the first pass does not shrink by 2; where it reads by "nearest" or with antialias=False, for then what
        is left out shows; and where a user's function of the whole picture,
        or its histogram, comes first. Under perspective, and where a
        border folds, a lower bound of the shrinking decides.
        """
        return self.bound.reductions[i]

    def window(self, i: int, field: str | None = None) -> Window:
        """The part of sample i's picture on which its result hangs: (top, bottom, left, right), in pixels.

        What lies outside may be any finite numbers: `run` gives the same bytes. It is the whole picture where its mean
        or its levels are asked for before it is cropped, where a border folds what was not cropped, or tilts it, and
        where a function of the whole array comes first. Of a picture smaller than planned nothing is said.

        field  a view of the sample; None: the sample's own picture

        >>> from variegate import Compose, Crop, Keys, Resize
        >>> Compose([Crop(30, 20, 24, 16)]).plan(Keys.at(0, 0, [0]), [(90, 80)]).window(0)
        (30, 54, 20, 36)
        """
        if field is None:
            return self.bound.window(i)
        leaf = self.leaves[i][field]
        assert isinstance(leaf, PlainLeaf) and self.spec.targets[field].picture, field
        return self._view_plan(field, as_picture(leaf.value)[0]).bound.window(i)

    def carry(self, i: int) -> CarriedLabels:
        """The other fields of sample i, moved as its pixels are; may be called from any thread.

        Raises  InputError if an opaque function may have moved the pixels.
        """
        return self.written(i, self.moved(i))

    def moved(self, i: int) -> MovedLabels:
        """The same, as leaves on the result; views are pictures already.

        Raises  as `carry`.
        """
        from variegate.labels.carry import MovedLabels, carry

        targets, leaves = self.spec.targets, self.leaves[i] if self.leaves else {}
        if not leaves:
            return MovedLabels({}, Counter())
        self.bound.check_labels(i, [name for name in leaves if targets[name].moves and not targets[name].picture])
        point_map = self.point_maps.point_map(i)
        leaves, gone = left(leaves, targets, self.bound.lowered, i)
        moved, dropped = carry(targets, leaves, point_map)
        for name, leaf in moved.items():
            if isinstance(leaf, PlainLeaf) and targets[name].picture:
                moved[name] = PlainLeaf(self._view(i, name, leaf.value))
        return MovedLabels(moved, Counter(gone) + dropped)

    def written(self, i: int, moved: MovedLabels) -> CarriedLabels:
        """Leaves on the result of sample i, in the formats declared."""
        height, width = self.bound.after[i].tolist()
        return CarriedLabels(self.spec.targets.write(moved.leaves, (height, width)), dict(moved.dropped))

    def point_map(self, i: int) -> PointMap:
        """Sample i's map from its picture to its result, all ops together.

        Raises  InputError if an opaque function may have moved the pixels.
        """
        self.bound.check_labels(i, ["what is predicted"])
        return self.point_maps.point_map(i)

    def _view(self, i: int, name: str, image: ImageArray) -> ImageArray:
        """Another picture through the same numbers."""
        picture, flat = as_picture(image)
        plan = self._view_plan(name, picture)
        plan.check(picture, name)
        return plan.result(i, picture, flat, checked=True)

    def _view_plan(self, name: str, picture: ImageArray) -> Plan:
        """The plan of a view (height, width, channels)."""
        view = self.spec.targets[name].picture
        assert view is not None
        dtype = dtype_name(picture.dtype)
        white = white_of(view.white, dtype, f"Image.white of {name}")
        fill = None if view.colour else view.fill
        spec = replace(self.spec, channels=picture.shape[2], dtype=dtype, white=white, colour=view.colour, fill=fill)
        try:
            return self._views.get(spec) or self._views.setdefault(spec, self._again(spec))
        except InputError as error:
            raise InputError(f"{name}, a view {picture.shape}: {error}") from None
