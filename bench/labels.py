"""How well labels follow the pixels: shapes, blobs, flips, formats, the way back, and boxes after a rotation."""

from __future__ import annotations

from typing import Any

import exact
import numpy as np
import report
import scenes
import shapes
import tight
import timing
import trips

import variegate as vg

Array = np.ndarray
SIZE = (480, 640)
AT_A_TIME = 4  # shapes in one sample
LARGE, SMALL = 60, 20  # pixels across


def chain(rng: np.random.Generator) -> list[Any]:
    """Three to six geometric ops in any order: each kind once at most, a crop to another size always."""
    kinds = [
        vg.Rotate((-180, 180)),
        vg.Scale((0.7, 1.4)),
        vg.Scale(1, x=(0.8, 1.25), y=(0.8, 1.25)),
        vg.Shear(x=(-15, 15), y=(-15, 15)),
        vg.Translate(x=(-0.15, 0.15), y=(-0.15, 0.15)),
        vg.Affine(rotate=(-30, 30), scale=(0.8, 1.2), x=(-0.1, 0.1), y=(-0.1, 0.1)),
        vg.Perspective((0, 0.2)),
        vg.HorizontalFlip(p=0.5),
        vg.VerticalFlip(p=0.5),
        vg.Rotate90(),
    ]
    crops = [vg.RandomCrop((400, 420)), vg.CenterCrop((420, 400)), vg.RandomResizedCrop(512, scale=(0.4, 1))]
    ops = [kinds[i] for i in rng.permutation(len(kinds))[: rng.integers(2, 6)]]
    ops.insert(int(rng.integers(0, len(ops) + 1)), crops[rng.integers(0, len(crops))])
    return ops


def drawn(rng: np.random.Generator, kind: str) -> list[Array]:
    """Rings of one kind somewhere in the picture, wholly inside, 20 to 200 pixels across."""
    found = []
    while len(found) < AT_A_TIME:
        ring = shapes.KINDS[kind](rng, float(np.exp(rng.uniform(np.log(SMALL), np.log(200)))))
        low, high = ring.min(0), ring.max(0)
        free = (SIZE[1], SIZE[0]) - (high - low)
        if (free > 2).all():
            found.append(ring - low + rng.uniform(0, 1, 2) * free)
    return found


def one_fit(rng: np.random.Generator, kind: str, n: int) -> list[tuple[float, float, float]]:
    """Shapes through a chain: how large the least of them is, the IoU of its mask, and of its picture."""
    rings = drawn(rng, kind)
    known = vg.Targets(masks=vg.Mask(stack=True), polygons=vg.Polygons(dtype="float64"), ids=vg.PerInstance())
    cover = np.stack([shapes.coverage(ring, SIZE) for ring in rings], axis=2)
    got = vg.Compose(chain(rng), targets=known)(
        image=np.rint(cover * 255).astype(np.uint8),
        masks=np.stack([shapes.raster([ring], SIZE) for ring in rings]),
        polygons=[[ring] for ring in rings],
        ids=np.arange(len(rings)),
        key=vg.Key(id=n),
    )
    found, size = [], got["image"].shape[:2]
    left = dict(zip(got["ids"].tolist(), zip(got["masks"], got["polygons"], strict=True), strict=True))
    for which, ring in enumerate(rings):
        mask, seen = left.get(which, (np.zeros(size, bool), []))
        picture, truth = got["image"][..., which] > 127, shapes.raster(seen, size)
        if truth.any() or picture.any():  # a shape that was dropped must not be seen
            across = min(shapes.diameter(seen or [ring]), shapes.diameter([ring]))
            found.append((across, shapes.iou(mask, truth), shapes.iou(picture, truth)))
    return found


def fits(quick: bool) -> list[report.Row]:
    """Discs, boxes and polygons: the warped raster against the warped polygon."""
    shapes.check()
    rng, rows = np.random.default_rng(0), []
    found = {
        kind: np.array([each for n in range(4 if quick else 100) for each in one_fit(rng, kind, n)])
        for kind in shapes.KINDS
    }
    every = np.concatenate(list(found.values()))
    for column, what in ((1, "instance masks"), (2, "pictures")):
        for name, least, most in (("60 px across or more", LARGE, np.inf), ("20 to 60 px across", SMALL, LARGE)):
            some = every[(every[:, 0] >= least) & (every[:, 0] < most), column]
            mean, worst = (0.98, 0.96) if least == LARGE else (None, None)
            each = {k: v[(v[:, 0] >= least) & (v[:, 0] < most), column] for k, v in found.items()}
            note = f"{len(some)} shapes; " + ", ".join(f"{k} {v.mean():.4f}" for k, v in each.items())
            lows = ", ".join(f"{k} {v.min():.4f}" for k, v in each.items())
            title = f"warped {what} against warped polygons, {name}: IoU, "
            rows.append(report.Row(title + "mean", float(some.mean()), "", reach=mean, note=note))
            rows.append(report.Row(title + "worst", float(some.min()), "", reach=worst, note=lows))
    return rows


def blobs(quick: bool) -> list[report.Row]:
    """Gaussian blobs in a float32 picture: the warped keypoint against the centroid of the warped blob."""
    rng, away = np.random.default_rng(1), []
    known = vg.Targets(points=vg.Keypoints("xyv", group=None, dtype="float64"))
    turn = np.arange(16) * (2 * np.pi / 16)
    ring = np.concatenate([np.zeros((1, 2)), np.stack([np.cos(turn), np.sin(turn)], axis=1)])
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    for n in range(10 if quick else 400):
        sigma = rng.uniform(3, 8)
        place = rng.uniform(6 * sigma, np.array([SIZE[1], SIZE[0]]) - 6 * sigma)
        image = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * sigma**2)).astype(np.float32)
        points = np.concatenate([place + 6 * sigma * ring, np.full((17, 1), 2.0)], axis=1)
        got = vg.Compose(chain(rng), targets=known)(image=image, points=points, key=vg.Key(id=n))
        if (got["points"][:, 2] > 0).all():
            warped = got["image"].astype(np.float64)
            rows, columns = np.mgrid[: warped.shape[0], : warped.shape[1]] + 0.5
            centroid = np.array([(warped * columns).sum(), (warped * rows).sum()]) / warped.sum()
            away.append(float(np.hypot(*(centroid - got["points"][0, :2]))))
    name, worst = "keypoint against the centroid of the warped blob, mean distance", f"worst {max(away):.3g} px"
    note = f"{worst}; {len(away)} blobs, all of them inside"
    return [report.Row(name, float(np.mean(away)), "px", reach=0.1, better="less", note=note)]


def flips(quick: bool) -> list[report.Row]:
    """Exact, or not."""
    wrong, total, names = exact.count(quick)
    note = f"of {total} values in 18 fields" + (f"; in {', '.join(names)}" if names else "")
    name = "flips, transposes, quarter turns, and two of them, every target: values that differ"
    return [report.Row(name, wrong, "values", reach=0, better="less", note=note)]


def main() -> None:
    """All of it."""
    args = timing.arguments(__doc__)
    rings, what = scenes.polygons(args.data)
    rings = rings[: 50 if args.quick else None]
    rows = [*fits(args.quick), *blobs(args.quick), *flips(args.quick), *trips.formats(args.quick)]
    rows += [*trips.back(args.quick, chain), *tight.rotated(rings, what)]
    report.save("labels", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
