"""albumentationsx: OpenCV on uint8 HWC arrays; variants `one` (one Affine) and `four` (an op each), `-cv2` or not."""

from __future__ import annotations

import os

os.environ["NO_ALBUMENTATIONS_UPDATE"] = os.environ["ALBUMENTATIONS_NO_TELEMETRY"] = "1"

from collections.abc import Callable, Iterable
from typing import Any

import albumentations as A  # noqa: N812
import cv2
import numpy as np
import simplejpeg

from peers import measure

cv2.setNumThreads(0)


def pipeline(recipe: str, variant: str = "one") -> Callable[[np.ndarray], Any]:
    """Image in, CHW float32 tensor out; its contrast is about the mean luminance, as ours."""
    crop = [A.RandomResizedCrop((measure.SIZE, measure.SIZE)), A.HorizontalFlip(p=0.5)]
    affine = {
        "one": [A.Affine(rotate=(-30, 30), translate_percent=(-0.1, 0.1), scale=(0.8, 1.2), shear=(-10, 10), p=1)],
        "four": [
            A.Rotate((-30, 30), p=1),
            A.Affine(translate_percent=(-0.1, 0.1), p=1),
            A.Affine(scale=(0.8, 1.2), p=1),
            A.Affine(shear=(-10, 10), p=1),
        ],
    }[variant.split("-")[0] or "one"]
    contrast = A.RandomBrightnessContrast(brightness_range=(0, 0), contrast_range=(-0.2, 0.2), p=1)
    steps = crop if recipe == "standard" else [*affine, *crop[1:], A.VerticalFlip(p=0.5), crop[0], contrast]
    compose = A.Compose([*steps, A.Normalize(), A.ToTensorV2()])
    return lambda image: compose(image=image)["image"]


def detection(order: str = "affine first") -> A.Compose:
    """Affine, flip, resized crop, colours, with COCO boxes and their classes; or the crop before the affine."""
    move = A.Affine(rotate=(-10, 10), scale=(0.8, 1.2), translate_percent=(-0.1, 0.1), shear=(-5, 5), p=1)
    crop, mirror = A.RandomResizedCrop((640, 640)), A.HorizontalFlip(p=0.5)
    colours = A.HueSaturationValue((-20, 20), (-30, 30), (-20, 20), p=1)
    steps = [move, mirror, crop] if order == "affine first" else [crop, move, mirror]
    boxes = A.BboxParams("coco", label_fields=["labels"], min_visibility=0.1)
    return A.Compose([*steps, colours], bbox_params=boxes)


def segmentation(form: str = "an op each") -> A.Compose:
    """Scale, rotate, crop with padding, flip, colours, with a mask; or scale and rotation as one Affine."""
    turn, colours = (-10, 10), A.ColorJitter((0.8, 1.2), (0.8, 1.2), (0.8, 1.2), (-0.05, 0.05), p=1)
    zoom = {
        "an op each": [A.RandomScale((-0.5, 1.0), p=1), A.Rotate(turn, p=1, fill_mask=255)],
        "one Affine": [A.Affine(scale=(0.5, 2.0), rotate=turn, p=1, fill_mask=255)],
    }[form]
    crop = A.RandomCrop(512, 512, pad_if_needed=True, fill_mask=255)
    return A.Compose([*zoom, crop, A.HorizontalFlip(p=0.5), colours])


def rotation(angle: float, **options: Any) -> A.Compose:
    """One turn, counter-clockwise, with boxes as x0, y0, x1, y1 in pixels."""
    return A.Compose([A.Rotate((angle, angle), p=1, **options)], bbox_params=A.BboxParams("pascal_voc"))


def nothing(layout: str) -> A.Compose:
    """No op, but boxes, which are checked."""
    return A.Compose([A.NoOp()], bbox_params=A.BboxParams(layout))


def read_cv2(path: str) -> np.ndarray:
    """Decode by OpenCV."""
    return np.asarray(cv2.imread(path, cv2.IMREAD_COLOR_RGB))


def read_simplejpeg(path: str) -> np.ndarray:
    """Decode by simplejpeg."""
    with open(path, "rb") as file:
        return np.asarray(simplejpeg.decode_jpeg(file.read(), "RGB"))


def batches(recipe: str, paths: list[str], variant: str) -> Iterable[Any]:
    """Variant: one or four, then `-cv2` or nothing."""
    from peers.torchloader import loader

    return loader(paths, read_cv2 if variant.endswith("cv2") else read_simplejpeg, pipeline(recipe, variant))


if __name__ == "__main__":
    measure.main(batches)
