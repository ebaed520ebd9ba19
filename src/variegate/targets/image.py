"""Image: another view of the same scene, read through the same map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from variegate.errors import FieldError, InputError
from variegate.picture import is_pil, is_tensor, pil_pixels, pixels, tensor_pixels
from variegate.targets.base import PixelValues, Size, Target
from variegate.targets.leaf import PlainLeaf
from variegate.white import White, checked_white


@dataclass(frozen=True, repr=False)
class Image(Target):
    """A picture: the sample's own, or another view of it, of the same height and width and with the same draws.

    white   of a view, which of its numbers is white; None: they have no range; "dtype": 255 of uint8, 65535 of uint16,
            1 of float32. Of the sample's own picture `Compose(white=)` says it
    colour  of a view, whether it has colours: False, as for depth or heat, lets every op of colour, Normalize and
            ToDtype pass it by: it moves with the picture, takes its layout, and keeps its numbers and its dtype

    fill    of a view without colours, what lies outside of it under a constant border, in its own numbers: the fill of
            an op is a colour of the picture. With colour=True that fill counts

    A view is (H, W) or (H, W, C) with any number of channels, uint8, uint16 or float32.

    >>> Image(colour=True)
    Image(colour=True)

    Raises  FieldError if white is no number above 0, colour not True or False, or fill no number.
    """

    decodes: ClassVar[Literal["picture", "numbers"] | None] = "picture"

    white: White = field(default="dtype", kw_only=True)
    colour: bool = field(default=False, kw_only=True)
    fill: float = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "white", checked_white(self.white, "Image.white"))
        self._switch("colour")
        self._number("fill")
        if self.colour and self.fill:
            raise FieldError(f"Image.fill is of views without colours, got {self.fill}; beside colour=True ops have it")

    @property
    def per(self) -> Literal["pixel"]:
        return "pixel"

    @property
    def picture(self) -> PixelValues:
        return PixelValues(self.white, self.colour, self.fill)

    @property
    def meaning(self) -> tuple[Any, ...]:
        return (self.rows_of,)

    def from_python(self, value: Any, name: str) -> Any:
        if is_pil(value):
            return pil_pixels(value, name)
        return tensor_pixels(value) if is_tensor(value) else super().from_python(value, name)

    def read(self, value: Any, size: Size, name: str) -> PlainLeaf:
        array = pixels(value, name)
        if array.shape[:2] != tuple(size):
            raise InputError(
                f"{name} is {array.shape[0]} x {array.shape[1]} and `image` {size[0]} x {size[1]} (height x width); "
                "views of one sample have the same size"
            )
        return PlainLeaf(array)

    def write(self, leaf: PlainLeaf, size: Size) -> Any:
        return leaf.value
