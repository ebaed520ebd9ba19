"""A cup of coffee with polygons, boxes and names, and five variations of all of it: python examples/labels.py out.png

Needs scikit-image, which ships the photograph, and shapely: pip install "variegate[labels]" scikit-image
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image
from skimage import data

import variegate as vg


def ellipse(x: float, y: float, width: float, height: float) -> np.ndarray:
    """A polygon (48, 2) about (x, y)."""
    turn = np.arange(48) * (2 * np.pi / 48)
    return np.stack([x + width / 2 * np.cos(turn), y + height / 2 * np.sin(turn)], axis=1)


SPOON = [[402, 67], [422, 72], [420, 90], [403, 140], [392, 235], [405, 262], [402, 300], [378, 323], [350, 322]]
SPOON += [[328, 300], [328, 275], [345, 252], [375, 240], [383, 205], [404, 110]]
POLYGONS = [[ellipse(278, 226, 402, 322)], [ellipse(287, 113, 232, 190)], [np.array(SPOON, float)]]


def main(path: str) -> None:
    """Write the sheet."""
    targets = vg.Targets(boxes=vg.Boxes(min_visible=0.2), polygons=vg.Polygons(), labels=vg.PerInstance())
    augment = vg.Compose(
        [
            vg.Affine(rotate=(-40, 40), scale=(0.8, 1.3), shear_x=(-12, 12)),
            vg.RandomResizedCrop((320, 480), scale=(0.5, 1), ratio=(1.3, 1.7)),
            vg.HorizontalFlip(p=0.5),
            vg.ColorJitter((0.8, 1.2), (0.8, 1.2), (0.8, 1.2)),
        ],
        targets=targets,
    )
    boxes = [[*ring.min(axis=0), *ring.max(axis=0)] for (ring,) in POLYGONS]
    sample = {"image": data.coffee(), "boxes": boxes, "polygons": POLYGONS, "labels": ["saucer", "cup", "spoon"]}
    samples = [sample, *(augment(**sample, key=vg.Key(seed=0, id=n)) for n in range(5))]
    drawn = [np.asarray(vg.draw(each, targets).resize((480, 320), Image.Resampling.LANCZOS)) for each in samples]
    rows = [np.concatenate(drawn[n : n + 3], axis=1) for n in (0, 3)]
    Image.fromarray(np.concatenate(rows, axis=0)).save(path, quality=85)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "labels.png")
