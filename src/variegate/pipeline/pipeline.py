"""Pipeline: ops declared together, compiled when they are first asked for, from which batches are planned."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import FieldError, InputError
from variegate.key import Keys
from variegate.ops.base import Op, walk
from variegate.ops.combine import Chain
from variegate.ops.fields import checked, declare
from variegate.pipeline.whites import check_whites
from variegate.targets import Target, Targets
from variegate.white import DTYPES, White, checked_white, dtype_name, white_of

if TYPE_CHECKING:
    from variegate.plan.compiler import Compiler
    from variegate.plan.picture_spec import PictureSpec
    from variegate.plan.plan import Plan
    from variegate.targets.leaf import Leaves

MOST_BYTES = 2**31 - 1
MADE_LATER = ("compiler", "known", "fingerprint")  # and made anew from a pickle


def _targets(given: Targets | Mapping[str, Target] | None, owner: str) -> Targets | None:
    return None if given is None else Targets.of(given)


@declare
class Pipeline(Chain):
    """What `Compose` declares, and the plans of batches; see there."""

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

        >>> from variegate.pipeline import Compose
        >>> Compose([]).fingerprint == Compose([], antialias=False).fingerprint
        False
        """
        from variegate.plan.fingerprint import fingerprint

        return fingerprint(self, self.compiler.flat.leaves)

    @functools.cached_property
    def known(self) -> Targets:
        """What the fields of a sample are: those declared, and image, mask and label."""
        return Targets.of(self.targets)

    def plan(
        self,
        keys: Keys,
        sizes: Any,
        channels: int = 3,
        dtype: DTypeLike = np.uint8,
        leaves: Sequence[Leaves] = (),
        targets: Targets | None = None,
        mixes: bool = False,
    ) -> Plan:
        """Draw and lower a batch: one call a batch, then `plan.run(i, image, out)` for each sample, from any thread.

        keys     B keys
        sizes    (B, 2): (height, width) of each picture
        leaves   the labels of each sample, as the targets read them; `plan.carry(i)` then moves them
        targets  what the labels are; None: as the pipeline knows them
        mixes    whether the caller blends what comes of it, as `plan.blend` says

        Raises  InputError if ops mix samples, and the caller does not.
        """
        if self.compiler.mixes and not mixes:
            raise self.unmixed()
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
        spec = self.picture_spec(channels, name, self.known if targets is None else targets)
        return self.compiler.plan(columns, keys, sizes, spec, leaves)

    def unmixed(self) -> InputError:
        """The error where ops mix samples, and there is only one."""
        batch = "augment.batch mixes a batch; " * (len(self.compiler.within) == len(self.compiler.mixes))
        return InputError(
            f"{self._mixing} mixes samples, and there is no other here. A vg.Loader draws partners by itself; {batch}a "
            "single call takes partners=[other, ...]; for validation leave it out: augment.without()"
        )

    def alone(self, who: str, instead: str) -> None:
        """Refuse ops that mix samples, for what sees each sample by itself; it says so when it is made.

        who      is refused, as errors call it
        instead  a line that mixes; empty: there is none

        Raises  FieldError that names the ops.
        """
        if self.compiler.mixes:
            write = f"Write {instead}; or leave" if instead else "Leave"
            raise FieldError(
                f"{who} knows no other sample, and {self._mixing} mixes samples. {write} out what mixes: "
                "augment.without()"
            )

    @property
    def _mixing(self) -> str:
        return ", ".join(node.path for node in self.compiler.mixes)

    def picture_spec(self, channels: int, dtype: str, targets: Targets) -> PictureSpec:
        """What all pictures of a batch share.

        Raises  InputError if pictures of this dtype cannot hold the white that is declared.
        """
        white = white_of(self.white, dtype, f"{self.label}.white")
        return self.compiler.picture_spec(channels, dtype, white, targets)


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
