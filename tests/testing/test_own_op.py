"""An op of a user's own, in a file that does not import annotations: a field is then annotated by the type itself."""

from dataclasses import dataclass

import numpy as np

import variegate as vg
from variegate import coords, testing
from variegate.ops.base import Drawn
from variegate.ops.effect import Map
from variegate.ops.geometric import Bordered


@dataclass(frozen=True)
class Slide(Bordered):
    """To the right; by: pixels."""

    by: Drawn = (0, 5)

    def lower(self, draws, sizes, context):
        return Map(coords.affine(1, 0, -draws["by"], 0, 1, 0), sizes)


def test_a_field_is_drawn_whatever_its_annotation_looks_like():
    assert Slide.__dataclass_fields__["by"].type == Drawn
    assert Slide(3).drawn() == {"by": vg.Constant(3)} and Slide().drawn() == {"by": vg.Uniform(0, 5)}
    drawn = vg.Compose([Slide()]).params(vg.Key(id=1))["Slide"]["by"]
    assert 0 < drawn < 5


def test_it_passes_the_kit():
    for name in testing.__all__:
        if name.startswith("assert_"):
            getattr(testing, name)([Slide(), vg.HorizontalFlip(p=0.5)], tries=4)
    testing.check([Slide(), vg.HorizontalFlip(p=0.5)])


def test_its_direction_is_told_by_a_point():
    augment = vg.Compose([Slide(3)], targets={"points": vg.Keypoints(group=None)})
    image = np.arange(60, dtype=np.uint8).reshape(6, 10)
    moved = augment(image=image, points=[[2.5, 1.5]])
    assert moved["points"].tolist() == [[5.5, 1.5]] and moved["image"][1, 5] == image[1, 2]
