"""torchvision v2 on uint8 CHW tensors or PIL images; variants `one` and `four`, then `-pil`, `-tensor` or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import simplejpeg
import torch
from PIL import Image

from peers import measure

# This build is made for CUDA's torch, so its own operators are absent; at import it registers fakes for these two.
LIBRARY = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision.transforms import InterpolationMode, v2  # noqa: E402


def pipeline(recipe: str, variant: str = "one") -> Callable[[Any], torch.Tensor]:
    """Tensor or PIL image in, CHW float32 tensor out; antialias at its default, on."""
    bilinear = {"interpolation": InterpolationMode.BILINEAR}
    crop = [v2.RandomResizedCrop(measure.SIZE), v2.RandomHorizontalFlip()]
    shear = [-10, 10, -10, 10]
    affine = {
        "one": [v2.RandomAffine(30, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=shear, **bilinear)],
        "four": [
            v2.RandomRotation(30, **bilinear),
            v2.RandomAffine(0, translate=(0.1, 0.1), **bilinear),
            v2.RandomAffine(0, scale=(0.8, 1.2), **bilinear),
            v2.RandomAffine(0, shear=shear, **bilinear),
        ],
    }[variant.split("-")[0] or "one"]
    contrast = v2.ColorJitter(contrast=(0.8, 1.2))
    steps = crop if recipe == "standard" else [*affine, crop[1], v2.RandomVerticalFlip(), crop[0], contrast]
    last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(measure.MEAN, measure.STD)]
    return v2.Compose([*steps, v2.ToImage(), *last] if variant.endswith("pil") else [*steps, *last])


def tensor(array: np.ndarray) -> torch.Tensor:
    """A contiguous CHW tensor of an HWC array, as torchvision's own reader gives it."""
    return torch.from_numpy(array).permute(2, 0, 1).contiguous()


def stacked(call: Callable[[Any], torch.Tensor], items: list[Any]) -> Callable[[int], torch.Tensor]:
    """What a call makes of each item, copied into one batch: a round of the claims on decoded pictures."""

    def run(i: int) -> torch.Tensor:
        out = torch.empty((len(items), 3, measure.SIZE, measure.SIZE))
        for j, item in enumerate(items):
            out[j] = call(item)
        return out

    return run


def read_tensor(path: str) -> torch.Tensor:
    """Decode by simplejpeg (torchvision's own decoder is not in this build)."""
    with open(path, "rb") as file:
        return torch.from_numpy(simplejpeg.decode_jpeg(file.read(), "RGB")).permute(2, 0, 1)


def read_pil(path: str) -> Image.Image:
    """Decode by Pillow, as torchvision's ImageFolder does."""
    return Image.open(path).convert("RGB")


def batches(recipe: str, paths: list[str], variant: str) -> Iterable[Any]:
    """Through torch's DataLoader."""
    from peers.torchloader import loader

    return loader(paths, read_pil if variant.endswith("pil") else read_tensor, pipeline(recipe, variant))


if __name__ == "__main__":
    measure.main(batches)
