"""PictureSpec: what all pictures of a batch share, and what their numbers mean."""

from __future__ import annotations

from dataclasses import dataclass

from variegate.plan.ir import Defaults
from variegate.targets import Targets
from variegate.white import NOMINAL, steps_of


@dataclass(frozen=True)
class PictureSpec:
    """What all pictures of a batch share.

    channels, dtype  of the pictures, the dtype by name
    white            which number is white; None: the numbers have no range
    defaults         what the pipeline says for ops that do not
    targets          what the labels are
    colour           whether ops of colour and Normalize apply: False for a view that is no picture, such as depth
    fill             what lies outside of such a view; None: what ops say
    """

    channels: int
    dtype: str
    white: float | None
    defaults: Defaults
    targets: Targets
    colour: bool = True
    fill: float | None = None

    @property
    def unit(self) -> float:
        """What ops take for 1 in the picture's own numbers: white, or, where there is none, 1 itself."""
        return 1.0 if self.white is None else self.white

    @property
    def steps(self) -> int:
        """How many steps the picture has from black to white; 0: as many as one likes."""
        return steps_of(self.white, self.dtype)

    @property
    def between(self) -> float:
        """What white is in the float32 pictures between two passes: of floats their own, which no bit is lost by."""
        return self.unit if self.dtype == "float32" else 1.0

    @property
    def bound(self) -> float:
        """The largest number that the dtype holds, in units of white; -1: floats hold any."""
        return -1.0 if self.dtype == "float32" else NOMINAL[self.dtype] / self.unit
