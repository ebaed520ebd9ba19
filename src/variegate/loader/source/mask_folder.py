"""ImageMaskFolder: pictures, and a mask of classes for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from variegate.arguments import one_of
from variegate.loader.decode import (
    extensions,
    mask_size,
    read_mask,
)
from variegate.loader.source.folder import Files, Listing, existing_folder
from variegate.loader.source.instances import class_names
from variegate.loader.source.pairs import by_stem, complete, pairs
from variegate.targets import Mask, Targets


class ImageMaskFolder(Files):
    """Picture files, each with a PNG of the same name in another folder: the class of every pixel.

    images        the folder of pictures, at any depth
    masks         the folder of masks, at the same places there: train/a.png for train/a.jpg
    names         the samples wanted, in this order, as paths within the folders without extension; None: all there are,
                  in the order of their names, and then every picture has a mask and every mask a picture
    missing       "raise"; or "skip": names that lack a picture or a mask are left out, and listed in `incomplete`
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

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for name, mode, ending in (("images", "RGB", "jpg"), ("masks", "L", "png")):
    ...         Path(folder, name).mkdir()
    ...         Image.new(mode, (8, 6), 1 if mode == "L" else 0).save(Path(folder, name, f"a.{ending}"))
    ...     sample = ImageMaskFolder(Path(folder, "images"), Path(folder, "masks"))[0]
    ...     sample["image"].shape, sample["mask"].shape, sample["mask"].max()
    ((6, 8, 3), (6, 8), np.uint8(1))

    Raises  SourceError if a picture has no mask or a mask no picture, unless they are skipped; when it is read,
            InputError if a mask has another size than its picture or is in colours, DecodeError if it is damaged.
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
        missing: Literal["raise", "skip"] = "raise",
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(images, mode, dtype)
        self._stride = stride
        self.mask_root = existing_folder(masks, "ImageMaskFolder", "the masks")
        self.classes = class_names(classes, "ImageMaskFolder")
        pictures = by_stem(self.root, Listing(self.root, extensions()).some(), image_suffix)
        found = by_stem(self.mask_root, Listing(self.mask_root, (".png",)).some("masks"), mask_suffix)
        one_of(missing, "ImageMaskFolder.missing", ("raise", "skip"))
        self.incomplete: list[str] = []
        if missing == "skip":
            names, self.incomplete = complete(pictures, found, names)
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
        return mask_size(self.where_mask(i))

    def fields(self, i: int) -> dict[str, Any]:
        """The mask of the picture at position i."""
        return {"mask": read_mask(self.where_mask(i))}

    def __repr__(self) -> str:
        left = f", {len(self.incomplete)} left out" if self.incomplete else ""
        return f"ImageMaskFolder({self.root!r}, {len(self)} pictures{left}{self._unusual})"
