"""The pipeline that does nothing gives pictures and labels as they are, in memory of their own."""

from __future__ import annotations

import numpy as np

from variegate.key import Keys
from variegate.loader.identity import Identity
from variegate.targets import Boxes, Image, Mask, PerSample, Targets


def test_labels_come_as_they_are_declared() -> None:
    targets = Targets(boxes=Boxes("yolo"), view=Image(), thing=PerSample())
    thing, picture, mask = object(), np.ones((4, 6), np.uint8), np.ones((4, 6), np.uint16)
    given = {"boxes": [[0.5, 0.5, 0.25, 0.5]], "view": picture, "mask": mask, "thing": thing}
    leaves = targets.read(given, (4, 6))
    plan = Identity().plan(Keys.at(0, 0, np.arange(2)), np.array([[4, 6], [4, 6]]), 3, np.uint8, [{}, leaves], targets)
    assert plan.carry(0) == ({}, {})
    fields, dropped = plan.carry(1)
    assert not dropped and fields["thing"] is thing and fields["boxes"].tolist() == given["boxes"]
    for name in ("view", "mask"):
        assert np.array_equal(fields[name], given[name]) and not np.shares_memory(fields[name], given[name])


def test_pictures_are_copied() -> None:
    plan = Identity().plan(Keys.at(0, 0, np.arange(1)), np.array([[4, 6]]))
    assert plan.shapes == [(4, 6, 3)] and plan.dtype == np.uint8 and plan.carry(0) == ({}, {})
    out, image = np.empty((4, 6, 3), np.uint8), np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    plan.run(0, image, out)
    assert np.array_equal(out, image)
    assert Identity.known == Targets(mask=Mask())
