"""The picture below the labels: what can be seen, and how large."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from variegate.arguments import whole
from variegate.errors import InputError
from variegate.picture import as_picture
from variegate.white import TINY, White, white_of

LONGER = 640  # pixels that the longer side of a small picture should have
SLACK = 0.01  # of a float picture, beyond 0 to 1


def displayed(image: Any, name: str, white: White = "dtype") -> Image.Image:
    """A picture as RGB, as a person sees it.

    white  which of its numbers is white; None: its largest, and its least is black

    Raises  InputError, which says what to do, if it is normalised, channels first, or none.
    """
    picture, _ = as_picture(image, name)
    channels = picture.shape[2]
    if channels not in (1, 3, 4):
        raise InputError(
            f"{name} has {channels} channels, {picture.shape}; draw shows 1, 3 or 4. Choose some: {name}[:, :, :3]"
        )
    if white == "dtype" and picture.dtype == np.float32:
        _check_range(picture, name)
    picture = levels(picture, white)
    return Image.fromarray(np.ascontiguousarray(np.repeat(picture, 3, axis=2) if channels == 1 else picture[:, :, :3]))


def levels(picture: NDArray[Any], white: White) -> NDArray[np.uint8]:
    """A picture as bytes from black to white; see `displayed`. What is no number is black."""
    top = white_of(white, picture.dtype.name, "white of draw")
    if picture.dtype == np.uint8 and top == 255:
        return picture
    numbers, low = np.where(np.isfinite(picture), picture, 0).astype(np.float64), 0.0
    if top is None:
        low, top = float(numbers.min()), float(numbers.max())
    return np.rint(np.clip((numbers - low) / max(top - low, TINY), 0, 1) * 255).astype(np.uint8)


def _check_range(picture: NDArray[np.float32], name: str) -> None:
    """Refuse a float picture that is none from 0 to 1."""
    low, high = float(picture.min()), float(picture.max())
    if not (low >= -SLACK and high <= 1 + SLACK):  # NaN too
        raise InputError(
            f"{name} is float32 from {low:.4g} to {high:.4g}; draw takes 0 to 1. Draw before Normalize, or undo it: "
            f"{name} * std + mean; of other numbers say which is white: white=255, or white=None for none"
        )


def drawn_size(size: tuple[int, int], width: int | None) -> tuple[int, int]:
    """(width, height) in which a picture of (width, height) is drawn."""
    if width is None:
        times = max(1, round(LONGER / max(size)))
        return size[0] * times, size[1] * times
    width = whole(width, "draw: width", least=1, also=", in pixels", error=InputError)
    return width, max(1, round(size[1] * width / size[0]))


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture in another size; where it grows to the double or more its pixels stay squares."""
    if picture.size == size:
        return picture.copy()
    grows = size[0] >= 2 * picture.width
    return picture.resize(size, Image.Resampling.NEAREST if grows else Image.Resampling.LANCZOS)
