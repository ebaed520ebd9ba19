"""ImageMaskFolder: pictures, and a mask of classes for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from struct import unpack
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import DecodeError, InputError
from variegate.loader.decode import check_chunks, check_rows, extensions, most_beside, opened_by_pillow, told, too_large
from variegate.loader.file import opened
from variegate.loader.source.folder import Files, Listing, existing_folder
from variegate.loader.source.instances import class_names
from variegate.loader.source.pairs import by_stem, pairs
from variegate.targets import Mask, Targets

GREY, PALETTE = 0, 3  # PNG's colour types that have one number a pixel
COLOURS = {2: "red, green and blue", 4: "grey with transparency", 6: "red, green, blue and transparency"}


class ImageMaskFolder(Files):
    """Picture files, each with a PNG of the same name in another folder: the class of every pixel.

    images        the folder of pictures, at any depth
    masks         the folder of masks, at the same places there: train/a.png for train/a.jpg
    names         the samples wanted, in this order, as paths within the folders without extension; None: all there are,
                  in the order of their names, and then every picture has a mask and every mask a picture
    classes       the names of classes 0, 1, 2, ...
    ignore_index  the class that means "not annotated", such as 255; it is also what lies outside of a picture
    stride        pixels of the picture a pixel of the mask: 4 for masks of a quarter of its height and width; see Mask
    image_suffix  what the names of pictures end with, and those of masks do not: "_leftImg8bit". Others are passed over
    mask_suffix   the same of masks: "_gtFine_labelIds"
    mode          "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype         "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A sample has a mask, (H, W): grey PNGs give their numbers, uint8 or, of 16 bits, uint16; PNGs with a palette give
    the numbers of their colours, uint8. A mask lies on the picture as it stands upright, and has its size, but with a
    stride. A sample's id is the hash of its picture's path, as in ImageFolder. The folders are listed once, now; masks
    are read with their pictures.

    Raises  SourceError if a picture has no mask or a mask no picture; when it is read, InputError if a mask has another
            size than its picture or is in colours, DecodeError if it is damaged.
    """

    def __init__(
        self,
        images: str | os.PathLike[str],
        masks: str | os.PathLike[str],
        names: Sequence[str] | None = None,
        classes: Sequence[str] = (),
        *,
        ignore_index: int | None = None,
        stride: float = 1,
        image_suffix: str = "",
        mask_suffix: str = "",
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(images, mode, dtype)
        self._stride = stride
        self.mask_root = existing_folder(masks, "ImageMaskFolder", "the masks")
        self.classes = class_names(classes, "ImageMaskFolder")
        pictures = by_stem(self.root, Listing(self.root, extensions()).some(), image_suffix)
        found = by_stem(self.mask_root, Listing(self.mask_root, (".png",)).some("masks"), mask_suffix)
        both = pairs(pictures, found, names, ("picture", self.root), ("mask", self.mask_root))
        self._at([picture for picture, _ in both])
        self.masks = [mask for _, mask in both]
        self.targets = Targets(mask=Mask(ignore_index=ignore_index, stride=stride))

    _other_size = "; masks of another resolution than their pictures are declared, as by stride=4"

    def where_mask(self, i: int) -> str:
        """The path of the mask at position i."""
        return f"{self.mask_root}/{self.masks[i]}"

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """(height, width) of the mask at position i; None where its target knows which it is to have."""
        if self._stride != 1:
            return None
        return _header(self.where_mask(i)).size

    def fields(self, i: int) -> dict[str, Any]:
        """The mask of the picture at position i."""
        return {"mask": read_mask(self.where_mask(i))}

    def __repr__(self) -> str:
        return f"ImageMaskFolder({self.root!r}, {len(self)} pictures{self._unusual})"


class _Header(NamedTuple):
    size: tuple[int, int]
    depth: int  # bits a number
    colour: int


def _header(path: str) -> _Header:
    with opened(path) as file:
        return _header_of(file.read(26), path)


def _header_of(start: bytes, name: str) -> _Header:
    """Of the first 26 bytes of a PNG: its signature and its IHDR (ISO/IEC 15948, 11.2.2)."""
    if len(start) < 26 or start[:8] != b"\x89PNG\r\n\x1a\n" or start[12:16] != b"IHDR":
        raise DecodeError(name, "it is no PNG; masks are PNG files, whose numbers come back as they were saved")
    width, height, depth, colour = unpack(">IIBB", start[16:26])
    return _Header((height, width), depth, colour)


def read_mask(path: str) -> NDArray[Any]:
    """What `decode_mask` makes of a file."""
    with opened(path) as file:
        return decode_mask(file.readall(), path)


def decode_mask(data: bytes, name: str) -> NDArray[Any]:
    """The numbers of a PNG's pixels, (height, width) uint8, or uint16 of 16 bits: never its colours.

    Raises  DecodeError if it cannot be read; InputError if a pixel is a colour.
    """
    header = _header_of(data[:26], name)
    if header.colour not in (GREY, PALETTE):
        raise InputError(
            f"{name}: a pixel of a mask is one number, its class; this PNG has colours "
            f"({COLOURS.get(header.colour, header.colour)}). Save it as grey, or with a palette"
        )
    if header.size[0] * header.size[1] > (most := most_beside()):
        raise too_large(name, header.size, most)
    with told(name, most):
        check_chunks(data, name)
        picture = opened_by_pillow(data)
        pixels = np.array(picture)
        check_rows(picture, data, name)
    if header.colour == GREY and header.depth in (2, 4):
        pixels //= 255 // ((1 << header.depth) - 1)  # Pillow spreads their numbers over 0 to 255
    return pixels.astype(np.uint16 if header.depth == 16 else np.uint8, copy=False)
