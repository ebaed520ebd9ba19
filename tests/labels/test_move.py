"""A kind of target of one's own: two files' worth of code, and everything else knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import variegate as vg
from variegate.adapters.torch import Loader as TorchLoader
from variegate.adapters.torch import Transform
from variegate.errors import FieldError, InputError
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.loader import Padded
from variegate.targets.base import Grouped, Shaped, as_numbers

Floats = NDArray[np.float64]
SIZE = (20, 30)
CIRCLES = [[4, 5, 2], [24, 10, 3], [15, 10, 1]]
MIRRORED = [[26, 5, 2], [6, 10, 3], [15, 10, 1]]  # in a mirror image, x is 30 - x


@dataclass(frozen=True, eq=False)
class CircleLeaf:
    """Circles in pixels, (N, 3)."""

    rows: Floats

    @property
    def count(self) -> int:
        return len(self.rows)

    def take(self, index: Any) -> CircleLeaf:
        return CircleLeaf(self.rows[index])


class Circles(Shaped):
    """Circles, (N, 3): x, y and the radius, in pixels."""

    exactness = 3

    def read(self, value: Any, size: Any, name: str) -> Any:
        rows = as_numbers(value, name, "(N, 3) numbers, x, y, radius an instance")
        if rows.size and rows.shape[1:] != (3,):
            raise InputError(f"{name} is (N, 3) numbers; got {rows.shape}")
        return CircleLeaf(rows.astype(np.float64).reshape(-1, 3))

    def write(self, leaf: Any, size: Any) -> Any:
        return leaf.rows.astype(np.float32)


@move.register(Circles)
def move_circles(
    target: Circles, leaf: CircleLeaf, point_map: PointMap, around: Visibility | None = None
) -> tuple[CircleLeaf, Visibility | None]:
    """A circle's area goes as the map's derivative at its centre; it is seen where its centre is."""
    centres, radius = leaf.rows[:, :2], leaf.rows[:, 2:]
    a, b, c, d = point_map.derivative(centres)
    moved = np.concatenate([point_map.image(centres), radius * np.sqrt(np.abs(a * d - b * c))[:, None]], axis=1)
    boxes = np.concatenate([moved[:, :2] - moved[:, 2:], moved[:, :2] + moved[:, 2:]], axis=1)
    share = point_map.inside(centres).astype(np.float64)
    return CircleLeaf(moved), Visibility(np.ones(len(share), bool), share, np.pi * moved[:, 2] ** 2, boxes, boxes)


TARGETS = {"circles": Circles(), "names": vg.PerInstance()}


def picture(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), np.uint8)


def test_a_target_of_ones_own_moves_with_the_picture():
    mirror = vg.Compose([vg.HorizontalFlip(), vg.Resize((40, 60))], targets=TARGETS)
    got = mirror(image=picture(), circles=CIRCLES, names=["a", "b", "c"])
    assert got["circles"].dtype == np.float32
    assert got["circles"].tolist() == (2 * np.array(MIRRORED)).tolist()
    assert got["names"] == ["a", "b", "c"]


def test_what_a_target_of_ones_own_tells_decides_what_stays():
    targets = {"boxes": vg.Boxes(), "circles": Circles(min_side=3), "names": vg.PerInstance()}
    crop = vg.Compose([vg.CenterCrop((20, 16))], targets=targets)
    boxes = [[0, 0, 9, 9], [7, 0, 30, 20], [14, 9, 16, 11]]
    got = crop(image=picture(), circles=[[10, 5, 2], [24, 10, 3], [15, 10, 1]], names=["a", "b", "c"], boxes=boxes)
    assert got["names"] == ["a"]  # b's centre left the picture, and c is less than 3 pixels wide
    assert got["circles"].tolist() == [[3, 5, 2]]
    assert got["boxes"].tolist() == [[0, 0, 2, 9]]


def test_outlines_of_ones_own_are_what_boxes_lie_around():
    class Rounded(Circles):
        outlines = True

    turn = vg.Compose([vg.Rotate(45)], targets={"circles": Rounded(), "boxes": vg.Boxes()})
    got = turn(image=picture(), circles=[[15, 10, 4]], boxes=[[11, 6, 19, 14]])
    assert got["boxes"].round(4).tolist() == [[11, 6, 19, 14]]  # of its corners it would be 11.3 wide


def test_batches_of_a_target_of_ones_own():
    mirror = vg.Compose([vg.HorizontalFlip()], targets=TARGETS)
    got = mirror.batch(image=[picture(0), picture(1)], circles=[CIRCLES, []], names=[[1, 2, 3], []])
    assert [each.tolist() for each in got["circles"]] == [MIRRORED, []]
    assert got["circles"][1].shape == (0, 3)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_reads_and_pads_a_target_of_ones_own(workers):
    images = np.stack([picture(n) for n in range(4)])
    fields = {"circles": [CIRCLES[:n] for n in range(4)], "names": [list(range(n)) for n in range(4)]}
    source = vg.Arrays(images, fields=fields, targets=TARGETS)
    mirror = vg.Compose([vg.HorizontalFlip()], targets={"circles": Circles()})
    loader = vg.Loader(source, mirror, batch_size=4, shuffle=False, workers=workers, collate=Padded(3))
    (batch,) = loader.epoch(0)
    assert batch["circles"].dtype == np.float32
    nothing = [0.0, 0.0, 0.0]
    assert batch["circles"].tolist() == [MIRRORED[:n] + [nothing] * (3 - n) for n in range(4)]
    assert batch["instances"].sum(axis=1).tolist() == [0, 1, 2, 3]


def test_a_pipeline_may_add_filters_to_a_target_of_ones_own():
    source = vg.Arrays(picture()[None], fields={"circles": [CIRCLES], "names": [[1, 2, 3]]}, targets=TARGETS)
    large = vg.Compose([vg.HorizontalFlip()], targets={"circles": Circles(min_area=4)})
    (batch,) = vg.Loader(source, large, batch_size=1, workers=0).epoch(0)
    assert batch["names"] == [[1, 2]]
    apart = vg.Compose([vg.HorizontalFlip()], targets={"circles": Circles(group="cells")})
    with pytest.raises(FieldError, match=r"'circles' is Circles\(\) in the source and Circles\(group='cells'\)"):
        vg.Loader(source, apart)


def test_a_target_of_ones_own_in_pytorch():
    mirror = vg.Compose([vg.HorizontalFlip()], targets=TARGETS)
    image = torch.from_numpy(picture()).permute(2, 0, 1)
    got = Transform(mirror)({"image": image, "circles": torch.tensor(CIRCLES), "names": [1, 2, 3]})
    assert isinstance(got["circles"], torch.Tensor) and got["circles"].tolist() == MIRRORED
    source = vg.Arrays(picture()[None], fields={"circles": [CIRCLES], "names": [[1, 2, 3]]}, targets=TARGETS)
    (batch,) = TorchLoader(vg.Loader(source, mirror, batch_size=1, workers=0))
    assert isinstance(batch["circles"][0], torch.Tensor) and batch["circles"][0].tolist() == MIRRORED


def test_what_lies_on_the_picture_and_cannot_move_is_refused():
    class Lines(Grouped):
        """Lines, (N, 4)."""

        def read(self, value: Any, size: Any, name: str) -> Any:
            return CircleLeaf(np.array(value, np.float64))

    mirror = vg.Compose([vg.HorizontalFlip()], targets={"lines": Lines()})
    with pytest.raises(
        TypeError, match=r"Lines has no move: register one, @move\.register\(Lines\), or say moves = False"
    ):
        mirror(image=picture(), lines=[[0, 0, 4, 4]])
