"""How good the pixels are: a chain against a spline, a resize against Pillow's, a zone plate against an integral."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import photos
import report
import timing
from PIL import Image
from scipy import ndimage

import variegate as vg

Array = np.ndarray
PLATE, SMALL = (
    720,
    240,
)  # a shrink of 3; the plate reaches the source's Nyquist at its sides, the output's at a third of that
RING = PLATE / 2 / 3  # radius, in source pixels, of the output's Nyquist
ROUND = PLATE / 2 - 10  # radius within which every footprint is whole


def forward(
    angle: float, x: float, y: float, scale: float, slant: float, rise: float, shape: tuple[int, ...]
) -> list[Array]:
    """The matrices of the four ops, written from their documentation and not from their code; content to new place."""
    height, width = shape[:2]
    turn, a, b = math.radians(angle), math.tan(math.radians(slant)), math.tan(math.radians(rise))
    cos, sin = math.cos(turn), math.sin(turn)

    def about(matrix: list[list[float]]) -> Array:
        linear, centre = np.array(matrix), np.array([width / 2, height / 2])
        return np.block([[linear, (centre - linear @ centre)[:, None]], [np.zeros((1, 2)), np.ones((1, 1))]])

    shift = np.array([[1, 0, x * width], [0, 1, y * height], [0, 0, 1]])
    return [about([[cos, sin], [-sin, cos]]), shift, about([[scale, 0], [0, scale]]), about([[1, -a], [-b, 1 + a * b]])]


def coordinates(matrix: Array, shape: tuple[int, ...]) -> Array:
    """Where each output pixel reads, as (row, column) indices."""
    inverse = np.linalg.inv(matrix)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.stack([inverse[r, 0] * x + inverse[r, 1] * y + inverse[r, 2] - 0.5 for r in (1, 0)])


def interior(matrices: list[Array], shape: tuple[int, ...]) -> Array:
    """Pixels that no window and no border comes near, in one read or in four."""
    seen = np.ones(shape[:2])
    for matrix in matrices:
        seen = ndimage.map_coordinates(seen, coordinates(matrix, shape), order=1, mode="constant")
    return np.asarray(ndimage.binary_erosion(seen > 0.999, iterations=8))


def psnr(got: Array, truth: Array, where: Array) -> float:
    """Decibels, over the pixels of `where`."""
    return float(10 * np.log10(255**2 / np.mean((got.astype(float) - truth)[where] ** 2)))


def chain(quick: bool) -> list[report.Row]:
    """Rotate, translate, scale up, shear: one read of ours, and four, against an order-5 spline read once."""
    rng, found = np.random.default_rng(0), {"bilinear": [], "bicubic": [], "no antialias": [], "four passes": []}  # type: ignore[var-annotated]
    for original in photos.originals()[: 2 if quick else None]:
        image = np.asarray(original)[:512, :512].copy()
        for _ in range(1 if quick else 3):
            angle, (x, y), scale = rng.uniform(-30, 30), rng.uniform(-0.1, 0.1, 2), rng.uniform(1, 1.2)
            slant, rise = rng.uniform(-10, 10, 2)
            ops = [vg.Rotate(angle), vg.Translate(x=x, y=y), vg.Scale(scale), vg.Shear(x=slant, y=rise)]
            matrices = forward(angle, x, y, scale, slant, rise, image.shape)
            where = interior(matrices, image.shape)
            at = coordinates(matrices[3] @ matrices[2] @ matrices[1] @ matrices[0], image.shape)
            planes = [
                ndimage.map_coordinates(image[..., c].astype(float), at, order=5, mode="mirror") for c in range(3)
            ]
            truth = np.clip(np.stack(planes, -1), 0, 255)
            passes = image
            for op in ops:
                passes = vg.Compose([op])(passes)
            found["bilinear"].append(psnr(vg.Compose(ops)(image), truth, where))
            found["bicubic"].append(psnr(vg.Compose(ops, interpolation="bicubic")(image), truth, where))
            found["no antialias"].append(psnr(vg.Compose(ops, antialias=False)(image), truth, where))
            found["four passes"].append(psnr(passes, truth, where))
    lowest = {name: f"lowest {min(values):.1f} dB" for name, values in found.items()}
    what = "four-op chain against an order-5 spline, "
    return [
        report.row(what + "bilinear", found["bilinear"], unit="dB", reach=36, note=lowest["bilinear"]),
        report.row(what + "bicubic", found["bicubic"], unit="dB", reach=42, note=lowest["bicubic"]),
        report.row(what + "bilinear, antialias off", found["no antialias"], unit="dB"),
        report.row(what + "four bilinear passes", found["four passes"], unit="dB"),
    ]


def in_float(picture: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Array:
    """Pillow's resize of the float planes, which nothing rounds or clamps between the passes; clamped at the end."""
    planes = [np.asarray(band.convert("F").resize(size, resample)) for band in picture.split()]
    return np.asarray(np.clip(np.stack(planes, -1), 0, 255))


def pillow(quick: bool) -> list[report.Row]:
    """Pure resizes; the worst of the pictures and sizes."""
    filters = {"bilinear": (Image.Resampling.BILINEAR, 99.9), "bicubic": (Image.Resampling.BICUBIC, 99.5)}
    sizes = [(224, 224), (97, 131), (600, 777), (300, 1000), (33, 500)]
    rows = []
    for name, (resample, least) in filters.items():
        shares, largest, unrounded = [], 0, 0.0
        for original in photos.originals()[: 2 if quick else None]:
            image = np.asarray(original)
            for height, width in sizes:
                ours = vg.Compose([vg.Resize((height, width))], interpolation=name)(image)
                theirs = np.asarray(original.resize((width, height), resample))
                difference = np.abs(ours.astype(int) - theirs)
                shares.append(float((difference <= 1).mean() * 100))
                largest = max(largest, int(difference.max()))
                unrounded = max(unrounded, float(np.abs(ours - in_float(original, (width, height), resample)).max()))
        what, strict = f"{name} resize against Pillow's, ", 3 if name == "bilinear" else None
        share = report.Row(what + "values within 1 level in the worst case", min(shares), "%", reach=least)
        note = "" if strict else "Pillow rounds and clamps between its two passes; without that, the next row"
        most = report.Row(what + "largest difference", largest, "levels", reach=strict, better="less", note=note)
        pure = report.Row(what + "in float, largest difference", unrounded, "levels", reach=3, better="less")
        rows += [share, most, pure]
    return rows


def zone(x: Array, y: Array) -> Array:
    """The zone plate at continuous source coordinates: frequency 0.5 cycles a pixel at radius PLATE / 2."""
    squared = (x - PLATE / 2) ** 2 + (y - PLATE / 2) ** 2
    return 127.5 + 127.5 * np.cos(np.pi * squared / PLATE)


def integral(angle: float, samples: int = 16) -> tuple[Array, Array]:
    """The plate shrunk and turned: 16x16 samples under a triangle of one output pixel each side; and the radius."""
    place = (np.arange(samples) + 0.5) / samples * 2 - 1
    weight = 1 - np.abs(place)
    weight /= weight.sum()
    y, x = (np.mgrid[:SMALL, :SMALL] + 0.5) * (PLATE / SMALL)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def source(dx: float, dy: float) -> tuple[Array, Array]:
        u, v = x + dx * PLATE / SMALL - PLATE / 2, y + dy * PLATE / SMALL - PLATE / 2
        return cos * u - sin * v + PLATE / 2, sin * u + cos * v + PLATE / 2

    total = np.zeros((SMALL, SMALL))
    for j, dy in enumerate(place):
        for i, dx in enumerate(place):
            total += weight[i] * weight[j] * zone(*source(dx, dy))
    return total, np.hypot(x - PLATE / 2, y - PLATE / 2)


def plate() -> list[report.Row]:
    """Shrunk three times and turned."""
    y, x = np.mgrid[:PLATE, :PLATE] + 0.5
    image = np.repeat(np.rint(zone(x, y)).astype(np.uint8)[..., None], 3, 2)
    photo = np.asarray(photos.originals()[0])

    def turned(angle: float, picture: Array = image) -> Array:
        side = picture.shape[0] * SMALL // PLATE
        return np.asarray(vg.Compose([vg.Rotate(angle), vg.Resize((side, side))])(picture)).astype(float)

    truth, radius = integral(20)
    ours = turned(20)[..., 0]
    upright = np.asarray(Image.fromarray(image).resize((SMALL, SMALL), Image.Resampling.BILINEAR))[..., 0].astype(float)
    inside, beyond = radius < ROUND, (radius > 1.15 * RING) & (radius < ROUND)
    rmse = float(np.sqrt(np.mean((ours - truth)[inside] ** 2)))
    noise, theirs = float(ours[beyond].std()), float(upright[beyond].std())
    rows = [
        report.Row("zone plate shrunk 3x, turned 20 degrees: RMSE", rmse, "levels", reach=4, better="less"),
        report.Row(
            "the same beyond Nyquist: standard deviation / that of Pillow's upright resize", noise / theirs, reach=1.5,
            better="less", note=f"{noise:.2f} and {theirs:.2f} levels; the truth has {truth[beyond].std():.2f}",
        ),
    ]  # fmt: skip
    for name, picture in {"zone plate": image, "photograph": photo[:512, :512]}.items():
        seam = float(np.abs(turned(0.01, picture) - turned(0, picture)).mean())
        rows.append(
            report.Row(
                f"{name} shrunk 3x, turned 0 and 0.01 degrees: mean difference", seam, "levels", reach=1, better="less"
            )
        )
    return rows


def main() -> None:
    """All of it."""
    args: Any = timing.arguments(__doc__)
    report.save("quality", args.out, [*chain(args.quick), *pillow(args.quick), *plate()], args.quick)


if __name__ == "__main__":
    main()
