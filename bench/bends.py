"""How well labels follow an Elastic, against a dense truth; and four maps with one among them, against a spline.

The truth knows nothing of how labels are moved: a picture of coordinates goes through the same pipeline with the same
key, so that each output pixel says where it reads, and between pixels a spline does.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import photos
import report
import shapes
import timing
from quality import psnr
from scipy import ndimage

import variegate as vg

Array = np.ndarray
SIZE = (375, 500)
FINE = 4  # samples of the truth along each side of a pixel
STRENGTHS = (0.005, 0.01, 0.02)


class Way(NamedTuple):
    """Where each output pixel reads: x and y of its centre, (H, W) each, in pixels of the source; and their splines."""

    x: Array
    y: Array
    splines: tuple[Array, Array]


def way_of(ops: list[vg.Op], key: vg.Key, size: tuple[int, int]) -> Way:
    """By a picture of its own coordinates, which a bilinear read keeps; what reads beyond the edge says (0, 0)."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    picture = np.dstack([x, y]).astype(np.float32)
    read = vg.Compose(ops, white=None, antialias=False)
    x, y = np.moveaxis(read(picture, key=key).astype(float), 2, 0)
    return Way(x, y, (ndimage.spline_filter(x, 3), ndimage.spline_filter(y, 3)))


def looked_up(way: Way, x: Array, y: Array) -> tuple[Array, Array]:
    """Where output places (x, y), in pixels, read."""
    at = np.stack([y.ravel() - 0.5, x.ravel() - 0.5])
    found = [ndimage.map_coordinates(plane, at, order=3, mode="mirror", prefilter=False) for plane in way.splines]
    return found[0].reshape(x.shape), found[1].reshape(x.shape)


def places(way: Way, points: Array) -> Array:
    """The output places that read source points (n, 2), by Newton's method from the nearest pixel."""
    found = []
    for px, py in points:
        near = np.unravel_index(np.argmin((way.x - px) ** 2 + (way.y - py) ** 2), way.x.shape)
        place = np.array([near[1] + 0.5, near[0] + 0.5])
        for _ in range(30):
            here = np.array(looked_up(way, place[:1], place[1:])).ravel()
            right = (np.array(looked_up(way, place[:1] + 0.01, place[1:])).ravel() - here) / 0.01
            down = (np.array(looked_up(way, place[:1], place[1:] + 0.01)).ravel() - here) / 0.01
            step = np.linalg.solve(np.stack([right, down], 1), np.array([px, py]) - here)
            place = place + step
            if np.abs(step).max() < 1e-9:
                break
        found.append(place)
    return np.array(found)


def dense_mask(way: Way, mask: Array) -> Array:
    """(H, W) bool: output pixels of which half or more reads in a mask."""
    y, x = (np.mgrid[: FINE * SIZE[0], : FINE * SIZE[1]] + 0.5) / FINE
    u, v = looked_up(way, x, y)
    rows, columns = np.clip(v.astype(int), 0, SIZE[0] - 1), np.clip(u.astype(int), 0, SIZE[1] - 1)
    cover = mask[rows, columns].reshape(SIZE[0], FINE, SIZE[1], FINE).mean(axis=(1, 3))
    return np.asarray(cover >= 0.5)


def inside(rng: np.random.Generator, kind: str, across: float) -> Array:
    """A ring of this kind and size, well inside the picture."""
    ring = shapes.KINDS[kind](rng, across)
    ring = ring - ring.min(0)
    free = np.array([SIZE[1], SIZE[0]]) - ring.max(0) - 60
    return np.asarray(ring + 30 + rng.uniform(0, 1, 2) * free)


def labels(quick: bool) -> list[report.Row]:
    """Masks, keypoints and boxes of shapes 20 to 150 pixels across."""
    rng, fits, apart, loose = np.random.default_rng(0), [], [], []
    kinds = list(shapes.KINDS)
    for n in range(2 if quick else 24):
        ops: list[vg.Op] = [vg.Elastic(STRENGTHS[n % len(STRENGTHS)])]
        key, kind = vg.Key(0, 0, n), kinds[n % len(kinds)]
        ring = inside(rng, kind, float(np.exp(rng.uniform(np.log(20), np.log(150)))))
        mask, points = shapes.coverage(ring, SIZE) >= 0.5, np.concatenate([ring[:3], rng.uniform(40, 330, (5, 2))])
        low, high = ring.min(0), ring.max(0)
        pipeline = vg.Compose(
            ops,
            targets={
                "mask": vg.Mask(),
                "points": vg.Keypoints(group=None, dtype="float64"),
                "boxes": vg.Boxes("xyxy", dtype="float64"),
            },
        )
        made = pipeline(
            image=np.zeros((*SIZE, 3), np.uint8),
            mask=mask.astype(np.uint8),
            points=points,
            boxes=np.array([[*low, *high]]),
            key=key,
        )
        way = way_of(ops, key, SIZE)
        truth, got = dense_mask(way, mask), made["mask"] > 0
        fits.append(float((truth & got).sum() / (truth | got).sum()))
        apart.append(float(np.abs(made["points"] - places(way, points)).max()))
        along = np.linspace(0, 1, 33)[:, None]
        corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]], low])
        edge = np.concatenate([a + along * (b - a) for a, b in itertools.pairwise(corners)])
        moved = places(way, edge)
        loose.append(float(np.abs(made["boxes"][0] - [*moved.min(0), *moved.max(0)]).max()))
    note = f"{len(fits)} samples, strengths {', '.join(map(str, STRENGTHS))}; "
    return [
        report.row("Elastic: IoU of masks with the dense truth, worst", [min(fits)], unit="", reach=0.98,
                   note=f"{note}median {np.median(fits):.4f}"),
        report.row("Elastic: keypoints from the dense truth, worst", [max(apart)], unit="px", reach=0.1, better="less",
                   note=f"{note}median {np.median(apart):.4f}"),
        report.row("Elastic: sides of boxes from the dense truth, worst", [max(loose)], unit="px", reach=1,
                   better="less",
                   note=f"{note}median {np.median(loose):.3f}"),
    ]  # fmt: skip


def spline(quick: bool) -> report.Row:
    """Rotate, Elastic, scale up, perspective: one read, against an order-5 spline read once at the same places."""
    found = []
    for n, original in enumerate(photos.originals()[: 2 if quick else None]):
        image, key = np.asarray(original)[:512, :512].copy(), vg.Key(0, 0, n)
        ops = [vg.Rotate((-20, 20)), vg.Elastic(0.01), vg.Scale((1, 1.2)), vg.Perspective((0, 0.1))]
        way = way_of(ops, key, image.shape[:2])
        at = np.stack([way.y - 0.5, way.x - 0.5])
        planes = [ndimage.map_coordinates(image[..., c].astype(float), at, order=5, mode="mirror") for c in range(3)]
        seen = vg.Compose(ops)(np.full_like(image, 255), key=key).min(axis=2) == 255
        where = ndimage.binary_erosion(seen, iterations=8)
        found.append(psnr(vg.Compose(ops)(image, key=key), np.clip(np.stack(planes, -1), 0, 255), where))
    note = f"lowest {min(found):.1f} dB of {len(found)} photographs"
    return report.row("four maps with an Elastic, against an order-5 spline", found, unit="dB", reach=36, note=note)


def main() -> None:
    """All of it."""
    args = timing.arguments(__doc__)
    report.save("bends", args.out, [*labels(args.quick), spline(args.quick)], args.quick)


if __name__ == "__main__":
    main()
