"""A data set with every kind of label, for the tests of each adapter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import variegate as vg
from variegate.targets import Boxes, Image, Keypoints, Mask, PerInstance, PerSample, Polygons, Targets

COUNT, HEIGHT, WIDTH, CROP = 19, 40, 50, 24
TARGETS = Targets(
    boxes=Boxes("coco", min_visible=0.2),
    labels=PerInstance(),
    points=Keypoints("xyv"),
    polygons=Polygons(),
    masks=Mask(stack=True),
    mask=Mask(ignore_index=9),
    depth=Mask(fill=-1),
    view=Image(),
    stars=Keypoints(group=None),
    names=PerInstance(),
    number=PerSample(),
)


class Labelled:
    """Pictures with 0 to 4 objects each.

    images   (19, 40, 50, 3) uint8
    targets  what their fields are
    augment  a pipeline that declares them
    """

    targets = TARGETS
    augment = vg.Compose([vg.Rotate((-40, 40)), vg.RandomCrop(CROP), vg.HorizontalFlip(p=0.5)], targets=TARGETS)

    def __init__(self) -> None:
        self.images = np.random.default_rng(0).integers(0, 256, (COUNT, HEIGHT, WIDTH, 3), np.uint8)

    def __len__(self) -> int:
        return COUNT

    def fields(self, i: int, *names: str) -> dict[str, Any]:
        """These fields of sample i; all without names."""
        rng, count = np.random.default_rng(i), i % 5
        corner, side = rng.integers(0, 25, (count, 2)), rng.integers(5, 15, (count, 2))
        x, y, w, h = (column.astype(np.float32) for column in np.concatenate([corner, side], axis=1).T)
        masks = np.zeros((count, HEIGHT, WIDTH), np.uint8)
        for n in range(count):
            masks[n, int(y[n]) : int(y[n] + h[n]), int(x[n]) : int(x[n] + w[n])] = 1
        corners = [np.stack([x, x + w, x + w, x], axis=1), np.stack([y, y, y + h, y + h], axis=1)]
        made = {
            "boxes": np.stack([x, y, w, h], axis=1),
            "labels": np.arange(count) + 10 * i,
            "points": np.stack([np.stack([x, y, x * 0 + 2], axis=1)] * 3, axis=1),
            "polygons": [[ring] for ring in np.stack(corners, axis=2)],
            "masks": masks,
            "mask": rng.integers(0, 9, (HEIGHT, WIDTH), np.uint8),
            "depth": rng.random((HEIGHT, WIDTH, 2), np.float32),
            "view": rng.random((HEIGHT, WIDTH), np.float32),
            "stars": rng.random((3, 2)) * 30,
            "names": [f"{i}.{n}" for n in range(count)],
            "number": i,
        }
        return {name: made[name] for name in names or made}

    def source(self, *names: str, labels: Any = None) -> vg.Arrays:
        """A source of the pictures with these fields; all without names."""
        names = names or tuple(self.fields(0))
        fields = {name: [self.fields(i)[name] for i in range(COUNT)] for name in names}
        return vg.Arrays(self.images, labels, fields=fields, targets={name: TARGETS[name] for name in names})

    def loader(self, *names: str, labels: Any = None, **options: Any) -> vg.Loader:
        """A loader of these fields."""
        data = self.source(*names, labels=labels)
        return vg.Loader(data, self.augment, **{"batch_size": 4, "seed": 3, "workers": 2, **options})

    def want(self, epoch: int, *names: str) -> list[dict[str, Any]]:
        """Each sample of an epoch as the plain loader gives it, in the order of the source."""
        batches = self.loader(*names, shuffle=False).epoch(epoch)
        columns = ("image", *(names or self.fields(0)))
        return [{name: batch[name][n] for name in columns} for batch in batches for n in range(len(batch["id"]))]


@pytest.fixture(scope="session")
def labelled() -> Labelled:
    return Labelled()
