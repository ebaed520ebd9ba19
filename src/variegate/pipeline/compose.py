"""Compose: a declared pipeline that can be called. declare -> draw -> compile -> run."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, overload

import numpy as np
from numpy.typing import DTypeLike

from variegate.key import Key, Keys, fresh_key
from variegate.ops.fields import declare
from variegate.picture import ImageArray
from variegate.pipeline.fresh import fresh, say_epoch_0
from variegate.pipeline.pipeline import Pipeline
from variegate.pipeline.sample import make
from variegate.targets import Target, Targets

if TYPE_CHECKING:
    from variegate.ops.base import Op
    from variegate.pipeline.inverse import Inverse
    from variegate.pipeline.record import Record

Fields: TypeAlias = dict[str, Any]  # of a sample: the same as it was given
Partners: TypeAlias = Sequence[Any]  # pictures, or dicts of a sample's fields


@declare
class Compose(Pipeline):
    """Ops, one after the other, compiled into as few passes over the pixels as they allow.

    ops            the ops, in order
    interpolation  "nearest", "bilinear" or "bicubic", for ops that name none
    antialias      whether a picture that shrinks is filtered first, for ops that do not say
    targets        what the fields of a sample are beside `image`, as Targets(...) or a dict: their formats are declared
                   here, once, and never guessed. `mask` and `label` are known without
    white          which of a picture's numbers is white: 255.0 for floats from 0 to 255, 4095 for 12 bits in uint16;
                   None: the numbers have no range, as of CT or standardised pictures; "dtype" (the default): 255 of
                   uint8, 65535 of uint16, 1 of float32

    A picture is (H, W, C) or (H, W), uint8, uint16 or float32. The result has its dtype, unless `Normalize` or
    `ToDtype` say otherwise. Maps alone never change a number; where ops of colour, Normalize or a change of dtype are
    declared, a picture that leaves 0 to white is refused, and the result is clamped to that range, once: see
    docs/numbers.md.

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

    @overload
    def __call__(
        self,
        image: ImageArray,
        /,
        *,
        key: Key | int | None = None,
        return_params: Literal[False] = False,
        partners: Partners | None = None,
    ) -> ImageArray: ...
    @overload
    def __call__(
        self,
        image: ImageArray,
        /,
        *,
        key: Key | int | None = None,
        return_params: Literal[True],
        partners: Partners | None = None,
    ) -> tuple[ImageArray, Record]: ...
    @overload
    def __call__(
        self,
        /,
        *,
        image: Any,
        key: Key | int | None = None,
        return_params: Literal[False] = False,
        partners: Partners | None = None,
        **fields: Any,
    ) -> Fields: ...
    @overload
    def __call__(
        self,
        /,
        *,
        image: Any,
        key: Key | int | None = None,
        return_params: Literal[True],
        partners: Partners | None = None,
        **fields: Any,
    ) -> tuple[Fields, Record]: ...
    def __call__(
        self,
        image: ImageArray | None = None,
        /,
        *,
        key: Key | int | None = None,
        return_params: bool = False,
        partners: Partners | None = None,
        **fields: Any,
    ) -> Any:
        """Augment one sample: an array gives an array, fields give a dict of the same fields.

        image          the picture; or, by keyword, `image=` and the fields that `targets` declares
        key            which numbers to draw; the same key gives the same bytes for ever. An integer is the seed of
                       one; None: fresh numbers, never repeated
        return_params  give (result, record), a small dict for JSON from which `replay` makes the same result
        partners       other samples, for ops that mix: pictures, or dicts of the same fields, which may have a `key`
                       of their own; else each has that of the next id

        Raises  InputError if the picture is none that can be taken, as docs/numbers.md says, or a field is unknown or
                not what was declared.
        """
        own = fresh(self) if key is None else Key.of(key)
        if partners is not None:
            from variegate.pipeline.mix import mixed

            made = mixed(self, image, fields, partners, own)
        else:
            made = make(self.known, image, fields, functools.partial(self.plan, Keys.of([own])))
        return (made.result, made.record(self.fingerprint)) if return_params else made.result

    @overload
    def replay(
        self, record: Mapping[str, Any], image: ImageArray, /, *, partners: Partners | None = None
    ) -> ImageArray: ...
    @overload
    def replay(
        self, record: Mapping[str, Any], /, *, partners: Partners | None = None, image: Any, **fields: Any
    ) -> Fields: ...
    def replay(
        self,
        record: Mapping[str, Any],
        image: ImageArray | None = None,
        /,
        *,
        partners: Partners | None = None,
        **fields: Any,
    ) -> Any:
        """The same result again, of the numbers in a record; also of fewer or other fields than the record's sample.
        (`MaskDropout` must have its masks again.)

        record    what `return_params=True` gave, on any machine, by this version
        partners  the same partners again, in the same order, where ops mix samples

        >>> from variegate import Rotate
        >>> augment, picture = Compose([Rotate((-30, 30))]), np.eye(9, dtype=np.float32)
        >>> result, record = augment(picture, return_params=True)
        >>> bool((augment.replay(record, picture) == result).all())
        True

        Raises  InputError if the record is of another version, pipeline or size.
        """
        from variegate.pipeline.record import plan_of

        if partners is not None:
            from variegate.pipeline.mix import replayed

            return replayed(self, record, image, fields, partners).result
        if self.compiler.mixes:
            raise self.unmixed()
        return make(self.known, image, fields, functools.partial(plan_of, record, self)).result

    def inverse(
        self, record: Mapping[str, Any], targets: Targets | Mapping[str, Target] | None = None, part: int = 0
    ) -> Inverse:
        """The way back: a function that takes predictions on the result to the original picture.

        record   what `return_params=True` gave
        targets  what the predictions are, where they differ from the pipeline's own targets; of these the predictions
                 have the format of the result, `out`, and come back in that of the picture's labels
        part     of a mosaic, to which of its pictures: 0, the sample's own, or one of its partners', in their places

        >>> from variegate import HorizontalFlip, Keypoints
        >>> augment = Compose([HorizontalFlip()], targets={"points": Keypoints(group=None)})
        >>> _, record = augment(image=np.zeros((8, 10), np.uint8), return_params=True)
        >>> augment.inverse(record)(points=[[1.0, 2.0]])
        {'points': array([[9., 2.]], dtype=float32)}

        Raises  InputError if the record is of another version or pipeline, or there is no such part.
        """
        from variegate.pipeline.inverse import Inverse
        from variegate.pipeline.record import plan_of

        point_map = plan_of(record, self, None, maps_alone=True).point_map(0)
        if self.compiler.collage is not None or part:
            from variegate.pipeline.mix import part_map

            point_map = part_map(self, record, part)
        return Inverse(self.known.back if targets is None else Targets.of(targets), point_map)

    def batch(
        self,
        images: Sequence[ImageArray] | ImageArray | None = None,
        /,
        *,
        keys: Keys | Sequence[Key] | None = None,
        **fields: Sequence[Any],
    ) -> Any:
        """Augment a list of pictures or an array (B, H, W, C): faster than one by one, and the same bytes.

        Ops that mix within a batch, such as MixUp(partners="roll"), mix these; others that mix are refused.

        images  or, by keyword, `image=` and the fields that `targets` declares, each a list of one value a picture
        keys    one a picture; None: fresh numbers

        Returns an array (B, ...) where all results have one shape, otherwise a list of arrays; of fields a dict, in
        which masks, and numbers a sample, too are one array where they can be, and all else is a list.
        """
        from variegate.pipeline.batch import batch

        return batch(self, images, fields, keys)

    @overload
    def variations(self, image: ImageArray, /, seed: int | None = None, id: int = 0) -> Iterator[ImageArray]: ...
    @overload
    def variations(self, /, *, image: Any, seed: int | None = None, id: int = 0, **fields: Any) -> Iterator[Fields]: ...
    def variations(
        self, image: ImageArray | None = None, /, seed: int | None = None, id: int = 0, **fields: Any
    ) -> Iterator[Any]:
        """An endless stream of variations of one picture, or of one sample given as fields.

        seed  the same seed gives the same stream; None: a fresh one

        >>> from variegate import Rotate
        >>> stream = Compose([Rotate((-30, 30))]).variations(np.zeros((8, 8), np.uint8), seed=0)
        >>> next(stream).shape
        (8, 8)
        """
        say_epoch_0(self)
        if seed is None:
            start = fresh_key()
            seed, id = start.seed, start.id
        variation, augment = 0, cast(Any, self)
        while True:
            yield augment(image, key=Key(seed, 0, id, variation), **fields)
            variation += 1

    def params(self, key: Key | int) -> dict[str, dict[str, Any]]:
        """The numbers drawn for a key, by the path of each op: `applied`, and every field.

        A field that is drawn several times (the ten trials of a crop) is a list.

        >>> from variegate import Rotate
        >>> Compose([Rotate(10)]).params(Key())
        {'Rotate': {'applied': True, 'angle': 10.0}}
        """
        from variegate.plan.draw import params_of

        return params_of(self.compiler.flat, self.compiler.drawing.columns(Keys.of([Key.of(key)])))

    def explain(
        self,
        size: Sequence[int] | ImageArray | None = None,
        channels: int = 3,
        dtype: DTypeLike | None = None,
        timed: bool = False,
    ) -> str:
        """The compiled plan as text, in notebooks as boxes: stages, the number of resamplings, each reason for a cut.

        size      (height, width[, channels]) of a picture, or one; then sizes and how pixels are read are told too
        channels  of the picture
        dtype     of the picture: "uint8", "uint16" or "float32"; None: the first of them that holds what is declared
        timed     whether each stage is run and measured too, on the picture, or on noise of that size

        Raises  InputError if the pictures cannot be such, or timed is asked for without a size.
        """
        from variegate.pipeline.explain import explain

        return explain(self, size, channels, None if dtype is None else np.dtype(dtype).name, timed)

    def without(self, *kinds: type[Op]) -> Compose:
        """The pipeline without the ops of some classes, wherever they stand; of none: without those that mix samples.

        What the others draw stays as it is. For validation, or the last epochs of a training.

        >>> from variegate import MixUp, Rotate
        >>> Compose([Rotate((-30, 30)), MixUp()]).without(MixUp)
        Compose(ops=(Rotate(angle=Uniform(-30, 30)),))

        Raises  FieldError if one is no class of ops.
        """
        from variegate.pipeline.without import without

        return cast(Compose, without(self, kinds))

    def _repr_html_(self) -> str:
        """The plan, as a notebook shows it: what is fused, and where it is cut."""
        from variegate.pipeline.explain import shown

        return shown(self)
