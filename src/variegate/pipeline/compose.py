"""Compose: a declared pipeline that can be called. declare -> draw -> compile -> run."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import FieldError, InputError
from variegate.key import Key, Keys, fresh_key
from variegate.ops.base import Op, walk
from variegate.ops.combine import Chain
from variegate.ops.fields import checked, declare
from variegate.pipeline.fresh import fresh, say_epoch_0
from variegate.pipeline.sample import make
from variegate.pipeline.whites import check_whites
from variegate.targets import Target, Targets
from variegate.white import DTYPES, White, checked_white, dtype_name, white_of

if TYPE_CHECKING:
    from variegate.pipeline.inverse import Inverse
    from variegate.plan.compiler import Compiler
    from variegate.plan.kind import Kind
    from variegate.plan.plan import Plan
    from variegate.targets.leaf import Leaves

Image = NDArray[Any]
MOST_BYTES = 2**31 - 1
MADE_LATER = ("compiler", "known", "fingerprint")  # and made anew from a pickle


def _targets(given: Targets | Mapping[str, Target] | None, owner: str) -> Targets | None:
    return None if given is None else Targets.of(given)


@declare
class Compose(Chain):
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

    targets: Targets | Mapping[str, Target] | None = checked(by=_targets, default=None, kw_only=True)
    white: White = checked(by=checked_white, default="dtype", kw_only=True)

    def check(self) -> None:
        for item, default in (("targets", None), ("white", "dtype")):
            if any(_declares(op, item, default) for op in self.ops):
                raise FieldError(
                    f"{self.label}: {item} is declared once, on the outermost Compose, not on one within it"
                )
        check_whites(self.ops, self.white, self.known)

    @functools.cached_property
    def compiler(self) -> Compiler:
        """The compiled form, made when it is first needed."""
        from variegate.plan.compiler import Compiler

        return Compiler(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in MADE_LATER}

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hex digest of the declared pipeline: equal if its ops, their fields and the user's functions are.

        A function counts by its module, its name, its compiled body, its defaults and what it closes over, so an edited
        function is another one; not by what it reads by name from a module. An object with a `__call__` counts by its
        class and by what pickle would keep of it when the fingerprint is first asked for.

        >>> Compose([]).fingerprint == Compose([], antialias=False).fingerprint
        False
        """
        from variegate.plan.fingerprint import fingerprint

        return fingerprint(self, self.compiler.flat.nodes)

    @functools.cached_property
    def known(self) -> Targets:
        """What the fields of a sample are: those declared, and image, mask and label."""
        return Targets.of(self.targets)

    def __call__(
        self, image: Image | None = None, /, *, key: Key | None = None, return_params: bool = False, **fields: Any
    ) -> Any:
        """Augment one sample: an array gives an array, fields give a dict of the same fields.

        image          the picture; or, by keyword, `image=` and the fields that `targets` declares
        key            which numbers to draw; the same key gives the same bytes for ever. None: fresh numbers, never
                       repeated
        return_params  give (result, record), a small dict for JSON from which `replay` makes the same result

        Raises  InputError if the picture is none that can be taken, as docs/numbers.md says, or a field is unknown or
                not what was declared.
        """
        keys = Keys.of([key or fresh(self)])
        made = make(self.known, image, fields, functools.partial(self.plan, keys))
        return (made.result, made.record(self.fingerprint)) if return_params else made.result

    def replay(self, record: Mapping[str, Any], image: Image | None = None, /, **fields: Any) -> Any:
        """The same result again, of the numbers in a record; also of fewer or other fields than the record's sample.

        record  what `return_params=True` gave, on any machine, by this version

        >>> from variegate import Rotate
        >>> augment, picture = Compose([Rotate((-30, 30))]), np.eye(9, dtype=np.float32)
        >>> result, record = augment(picture, return_params=True)
        >>> bool((augment.replay(record, picture) == result).all())
        True

        Raises  InputError if the record is of another version, pipeline or size.
        """
        from variegate.pipeline.record import plan_of

        return make(self.known, image, fields, functools.partial(plan_of, record, self)).result

    def inverse(self, record: Mapping[str, Any], targets: Targets | Mapping[str, Target] | None = None) -> Inverse:
        """The way back: a function that takes predictions on the result to the original picture.

        record   what `return_params=True` gave
        targets  what the predictions are, where they differ from the pipeline's own targets; of these the predictions
                 have the format of the result, `out`, and come back in that of the picture's labels

        >>> from variegate import HorizontalFlip, Keypoints
        >>> augment = Compose([HorizontalFlip()], targets={"points": Keypoints(group=None)})
        >>> _, record = augment(image=np.zeros((8, 10), np.uint8), return_params=True)
        >>> augment.inverse(record)(points=[[1.0, 2.0]])
        {'points': array([[9., 2.]], dtype=float32)}

        Raises  InputError if the record is of another version or pipeline.
        """
        from variegate.pipeline.inverse import Inverse
        from variegate.pipeline.record import plan_of

        plan = plan_of(record, self, None)
        return Inverse(self.known.back if targets is None else Targets.of(targets), plan.way(0))

    def plan(
        self,
        keys: Keys,
        sizes: Any,
        channels: int = 3,
        dtype: DTypeLike = np.uint8,
        leaves: Sequence[Leaves] = (),
        targets: Targets | None = None,
    ) -> Plan:
        """Draw and lower a batch: one call a batch, then `plan.run(i, image, out)` for each sample, from any thread.

        keys     B keys
        sizes    (B, 2): (height, width) of each picture
        leaves   the labels of each sample, as the targets read them; `plan.carry(i)` then moves them
        targets  what the labels are; None: as the pipeline knows them
        """
        sizes = np.asarray(sizes, np.int64).reshape(-1, 2)
        name = dtype_name(np.dtype(dtype))
        if name not in DTYPES:
            raise InputError(f"pictures are uint8, uint16 or float32, got {name}; convert them first")
        if len(sizes) != len(keys):
            raise InputError(f"{len(keys)} keys for {len(sizes)} sizes; a plan needs one of each a sample")
        if not _are_sizes(sizes, channels * np.dtype(dtype).itemsize):
            raise InputError(
                f"a picture has 1 pixel or more and at most 2 GiB, got sizes {sizes.min(0)} to {sizes.max(0)}"
            )
        columns = self.compiler.drawing.columns(keys)
        kind = self.kind(channels, name, self.known if targets is None else targets)
        return self.compiler.plan(columns, keys, sizes, kind, leaves)

    def kind(self, channels: int, dtype: str, targets: Targets) -> Kind:
        """What all pictures of a batch share.

        Raises  InputError if pictures of this dtype cannot hold the white that is declared.
        """
        white = white_of(self.white, dtype, f"{self.label}.white")
        return self.compiler.kind(channels, dtype, white, targets)

    def batch(
        self,
        images: Sequence[Image] | Image | None = None,
        /,
        *,
        keys: Keys | Sequence[Key] | None = None,
        **fields: Sequence[Any],
    ) -> Any:
        """Augment a list of pictures or an array (B, H, W, C): faster than one by one, and the same bytes.

        images  or, by keyword, `image=` and the fields that `targets` declares, each a list of one value a picture
        keys    one a picture; None: fresh numbers

        Returns an array (B, ...) where all results have one shape, otherwise a list of arrays; of fields a dict, in
        which masks, and numbers a sample, too are one array where they can be, and all else is a list.
        """
        from variegate.pipeline.batch import batch

        return batch(self, images, fields, keys)

    def variations(
        self, image: Image | None = None, /, seed: int | None = None, id: int = 0, **fields: Any
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
        variation = 0
        while True:
            yield self(image, key=Key(seed, 0, id, variation), **fields)
            variation += 1

    def params(self, key: Key, size: tuple[int, int] | None = None) -> dict[str, dict[str, Any]]:
        """The numbers drawn for a key, by the path of each op: `applied`, and every field.

        A field that is drawn several times (the ten trials of a crop) is a list.

        >>> from variegate import Rotate
        >>> Compose([Rotate(10)]).params(Key())
        {'Rotate': {'applied': True, 'angle': 10.0}}
        """
        from variegate.plan.draw import told

        return told(self.compiler.flat, self.compiler.drawing.columns(Keys.of([key])))

    def explain(self, size: tuple[int, int] | None = None, channels: int = 3, dtype: DTypeLike | None = None) -> str:
        """The compiled plan as text: stages, the number of resamplings, and each reason for a cut.

        size      (height, width) of a picture; with it, the sizes along the way and the kernels are told too
        channels  of the picture
        dtype     of the picture: "uint8", "uint16" or "float32"; None: the first of them that holds what is declared

        Raises  InputError if the pictures cannot be such.
        """
        from variegate.pipeline.explain import explain

        return explain(self, size, channels, None if dtype is None else np.dtype(dtype).name)


def _are_sizes(sizes: NDArray[np.int64], pixel: int) -> bool:
    """Whether pictures have a pixel or more, and not too many; pixel: bytes of one."""
    if not len(sizes):
        return True
    sides = sizes.ravel().tolist()
    least, most = min(sides), max(sides)
    # The product of the largest sides bounds all; only where it is too much is each looked at.
    return least >= 1 and (most * most * pixel <= MOST_BYTES or int(sizes.prod(axis=1).max()) * pixel <= MOST_BYTES)


def _declares(op: Op, item: str, default: object) -> bool:
    """Whether an op that holds others, or one below it that does, says what belongs on the outermost Compose."""
    return any(getattr(each, item, default) != default for each in walk(op) if each.children() is not None)
