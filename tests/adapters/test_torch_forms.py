"""Transform: what goes in comes out in its form, and repeats where a seed says so."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import variegate as vg
from variegate.adapters.torch import Transform
from variegate.errors import FieldError, InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
TURN = vg.Compose([vg.HorizontalFlip()])


def test_a_tensor_with_channels_in_front_comes_back_so_whatever_is_written() -> None:
    front = torch.from_numpy(PIXELS).permute(2, 0, 1)
    for augment in (TURN, vg.Compose([vg.HorizontalFlip(), vg.ToDtype("uint8", "CHW")])):
        assert torch.equal(Transform(augment)(front), front.flip(2))
        assert Transform(augment)(front).is_contiguous()
    normalised = Transform(vg.Compose([vg.HorizontalFlip(), vg.Normalize()]))(front)
    assert normalised.shape == (3, 12, 10) and normalised.dtype == torch.float32
    assert Transform(vg.Compose([vg.OneOf([vg.HorizontalFlip()])]))(front[:1]).shape == (1, 12, 10)
    assert Transform(TURN)(front[0]).shape == (12, 10)


def test_a_picture_with_channels_last_has_the_layout_of_the_pipeline() -> None:
    for given in (PIXELS, Image.fromarray(PIXELS)):
        assert torch.equal(Transform(TURN)(given), torch.from_numpy(PIXELS[:, ::-1].copy()))
        assert Transform(vg.Compose([vg.ToDtype("uint8", "CHW")]))(given).shape == (3, 12, 10)


def test_boxes_come_back_as_float32() -> None:
    transform = Transform(vg.Compose([vg.HorizontalFlip()], targets={"boxes": vg.Boxes("xyxy")}))
    for boxes in ([[1, 2, 5, 6]], torch.tensor([[1, 2, 5, 6]]), np.array([[1.0, 2, 5, 6]])):
        made = transform({"image": PIXELS, "boxes": boxes})["boxes"]
        assert made.dtype == torch.float32 and made.tolist() == [[5, 2, 9, 6]]


AUGMENT = vg.Compose([vg.Rotate((-30, 30)), vg.Brightness((0.5, 0.9))])


class Pictures(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """The same picture ten times."""

    def __init__(self, transform: Any) -> None:
        self.transform = transform

    def __len__(self) -> int:
        return 10

    def __getitem__(self, i: int) -> Any:
        return self.transform(PIXELS)


def epochs(transform: Any, workers: int, seed: int = 0) -> list[bytes]:
    torch.manual_seed(seed)
    batches = DataLoader(Pictures(transform), batch_size=5, num_workers=workers)
    return [image.numpy().tobytes() for _ in range(2) for batch in batches for image in batch]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_seed_makes_a_run_repeat_and_no_two_pictures_alike(workers: int) -> None:
    first = epochs(Transform(AUGMENT, seed=3), workers)
    assert len(set(first)) == 20
    assert epochs(Transform(AUGMENT, seed=3), workers) == first
    assert epochs(pickle.loads(pickle.dumps(Transform(AUGMENT, seed=3))), workers) == first
    assert not set(epochs(Transform(AUGMENT, seed=4), workers)) & set(first)
    assert not set(epochs(Transform(AUGMENT), workers)) & set(first)
    other = epochs(Transform(AUGMENT, seed=3), workers, seed=1)
    assert (other == first) == (workers == 0) and (workers == 0 or not set(other) & set(first))


def test_a_seed_is_an_integer_and_is_shown() -> None:
    assert repr(Transform(TURN, seed=3)).endswith(", seed=3)")
    with pytest.raises(FieldError, match=r"^Transform\.seed is an integer, got 'a'"):
        Transform(TURN, seed="a")  # type: ignore[arg-type]


def test_tv_tensors_come_back_as_tv_tensors() -> None:
    tv = pytest.importorskip("torchvision.tv_tensors")
    targets = {"boxes": vg.Boxes("coco"), "mask": vg.Mask(), "points": vg.Keypoints(group=None)}
    front, mask = torch.from_numpy(PIXELS).permute(2, 0, 1), torch.ones(12, 10, dtype=torch.uint8)
    sample = {
        "image": tv.Image(front),
        "mask": tv.Mask(mask),
        "boxes": tv.BoundingBoxes([[1, 2, 4, 4]], format="XYWH", canvas_size=(12, 10)),
        "points": tv.KeyPoints([[1.0, 2.0]], canvas_size=(12, 10)),
    }
    made = Transform(vg.Compose([vg.HorizontalFlip(), vg.Pad(3)], targets=targets))(sample)
    for name, kind in (("image", tv.Image), ("mask", tv.Mask), ("boxes", tv.BoundingBoxes), ("points", tv.KeyPoints)):
        assert type(made[name]) is kind
    assert made["image"].shape == (3, 18, 16) and made["mask"].shape == (18, 16)
    assert made["boxes"].canvas_size == made["points"].canvas_size == (18, 16)
    assert made["boxes"].format == tv.BoundingBoxFormat.XYWH and made["boxes"].tolist() == [[8, 5, 4, 4]]
    out = Transform(vg.Compose([vg.Invert()], targets={"boxes": vg.Boxes("coco", out="xyxy")}))
    changed = out({"image": sample["image"], "boxes": sample["boxes"]})["boxes"]
    assert changed.format == tv.BoundingBoxFormat.XYXY and changed.tolist() == [[1, 2, 5, 6]]
    out = Transform(vg.Compose([vg.Invert()], targets={"boxes": vg.Boxes("coco", out="yolo")}))
    assert type(out({"image": sample["image"], "boxes": sample["boxes"]})["boxes"]) is torch.Tensor
    with pytest.raises(InputError, match=r"are torchvision's BoundingBoxes of XYWH, .*; declare Boxes\('coco'\)$"):
        Transform(vg.Compose([vg.Invert()], targets={"boxes": vg.Boxes()}))(
            {"image": sample["image"], "boxes": sample["boxes"]}
        )
