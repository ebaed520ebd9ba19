"""The catalogue, op by op: alone on decoded photographs, and within a recipe, against the fastest of the peers.

One thread, one run, interleaved; each peer at the same strength, in its own best form. `--op NAME` for one of them.
"""

from __future__ import annotations

import timing

timing.one_thread()

import argparse  # noqa: E402
import io  # noqa: E402
import math  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
import torch  # noqa: E402
from peers import alb, tv  # noqa: E402
from peers.measure import MEAN, SIZE, STD  # noqa: E402
from PIL import Image, ImageEnhance, ImageFilter, ImageOps  # noqa: E402

import variegate as vg  # noqa: E402

torch.set_num_threads(1)
A, v2 = alb.A, tv.v2
COUNT = 16  # pictures a round
LONG = 0.3  # ms: where a peer takes more, ours should be as fast


class Pair(NamedTuple):
    """An op of ours, and what the peers have for it: None where one has none.

    alb  of albumentationsx; tv: of torchvision's v2, on tensors; pil: a function of Pillow's on an image
    """

    ours: vg.Op
    alb: Any = None
    tv: Any = None
    pil: Callable[[Image.Image], Image.Image] | None = None


def pairs() -> dict[str, Pair]:
    """By family: bent, blurred, compressed, noise, dropped, colour."""
    return bent() | blurred() | noise() | dropped() | colour()


def bent() -> dict[str, Pair]:
    """Maps that are no matrix."""
    return {
        "Elastic": Pair(vg.Elastic(0.01), A.ElasticTransform((0.042, 0.042), p=1), v2.ElasticTransform(50.0, 5.0)),
        "GridDistortion": Pair(vg.GridDistortion(0.3), A.GridDistortion(p=1)),
        "OpticalDistortion": Pair(vg.OpticalDistortion(0.1), A.OpticalDistortion((0.1, 0.1), mode="fisheye", p=1)),
        "ThinPlateSpline": Pair(vg.ThinPlateSpline(0.03), A.ThinPlateSpline((0.3, 0.3), p=1)),
    }


def blurred() -> dict[str, Pair]:
    """Of the pixels around each, and compressed."""
    return {
        "GaussianBlur": Pair(
            vg.GaussianBlur(2),
            A.GaussianBlur((13, 13), (2, 2), p=1),
            v2.GaussianBlur(13, 2.0),
            lambda image: image.filter(ImageFilter.GaussianBlur(2)),
        ),
        "BoxBlur": Pair(vg.BoxBlur(2), A.Blur((5, 5), p=1), None, lambda image: image.filter(ImageFilter.BoxBlur(2))),
        "MotionBlur": Pair(vg.MotionBlur(7), A.MotionBlur((7, 7), p=1)),
        "Defocus": Pair(vg.Defocus(6), A.Defocus((6, 6), p=1)),
        "MedianBlur": Pair(
            vg.MedianBlur(3), A.MedianBlur((3, 3), p=1), None, lambda image: image.filter(ImageFilter.MedianFilter(3))
        ),
        "Sharpness": Pair(
            vg.Sharpness(1.5),
            A.Sharpen(p=1),
            v2.RandomAdjustSharpness(1.5, p=1),
            lambda image: ImageEnhance.Sharpness(image).enhance(1.5),
        ),
        "UnsharpMask": Pair(
            vg.UnsharpMask(2, 1),
            A.UnsharpMask((13, 13), (2, 2), (0.5, 0.5), threshold=0, p=1),
            None,
            lambda image: image.filter(ImageFilter.UnsharpMask(2, 100, 0)),
        ),
        "JPEG": Pair(vg.JPEG(75), A.ImageCompression(quality_range=(75, 75), p=1), None, by_pillow),
    }


def by_pillow(image: Image.Image) -> Image.Image:
    """As a JPEG of quality 75, and decoded again."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=75)
    return Image.open(file).convert("RGB")


def noise() -> dict[str, Pair]:
    """By key and pixel."""
    return {
        "GaussianNoise": Pair(vg.GaussianNoise(0.1), A.GaussNoise((0.1, 0.1), per_channel=True, p=1)),
        "UniformNoise": Pair(
            vg.UniformNoise(0.1),
            A.AdditiveNoise("uniform", "per_pixel", {"ranges": [(-0.1, 0.1)] * 3}, p=1),
        ),
        "SpeckleNoise": Pair(
            vg.SpeckleNoise(0.1), A.MultiplicativeNoise((0.9, 1.1), per_channel=True, elementwise=True, p=1)
        ),
        "ShotNoise": Pair(vg.ShotNoise(0.2), A.ShotNoise((0.2, 0.2), p=1)),
        "ISONoise": Pair(vg.ISONoise(), A.ISONoise(p=1)),
        "SaltAndPepper": Pair(vg.SaltAndPepper(0.03), A.SaltAndPepper((0.03, 0.03), p=1)),
    }


def dropped() -> dict[str, Pair]:
    """Holes, and channels."""
    return {
        "Erasing": Pair(vg.Erasing(), A.Erasing(p=1), v2.RandomErasing(p=1)),
        "CoarseDropout": Pair(vg.CoarseDropout(4), A.CoarseDropout((4, 4), p=1)),
        "GridDropout": Pair(vg.GridDropout(), A.GridDropout(p=1)),
        "XYMasking": Pair(vg.XYMasking(2, 2, 0.1, 0.1), A.XYMasking((2, 2), (2, 2), (0.1, 0.1), (0.1, 0.1), p=1)),
        "PixelDropout": Pair(vg.PixelDropout(0.05), A.PixelDropout(0.05, p=1)),
        "ChannelDropout": Pair(vg.ChannelDropout(), A.ChannelDropout(p=1)),
        "ChannelShuffle": Pair(vg.ChannelShuffle(), A.ChannelShuffle(p=1), v2.RandomChannelPermutation()),
    }


def colour() -> dict[str, Pair]:
    """Tone and colour."""
    return {
        "Equalize": Pair(
            vg.Equalize(), A.Equalize(mode="pil", p=1), v2.RandomEqualize(p=1), lambda image: ImageOps.equalize(image)
        ),
        "AutoContrast": Pair(
            vg.AutoContrast(),
            A.AutoContrast(method="pil", p=1),
            v2.RandomAutocontrast(p=1),
            lambda image: ImageOps.autocontrast(image),
        ),
        "CLAHE": Pair(vg.CLAHE(2), A.CLAHE((2, 2), p=1)),
        "ToneCurve": Pair(vg.ToneCurve(), A.RandomToneCurve(p=1)),
        "HueSaturationValue": Pair(vg.HueSaturationValue(), A.HueSaturationValue(p=1)),
        "RGBShift": Pair(vg.RGBShift(), A.RGBShift(p=1)),
        "PCAJitter": Pair(vg.PCAJitter(), A.FancyPCA(p=1)),
        "Temperature": Pair(vg.Temperature(), A.PlanckianJitter(p=1)),
        "Sepia": Pair(vg.Sepia(), A.ToSepia(p=1)),
        "Vignette": Pair(vg.Vignette(0.4), A.Vignetting(p=1)),
        "Illumination": Pair(vg.Illumination(), A.Illumination(p=1)),
        "SolarizeAdd": Pair(vg.SolarizeAdd()),
        "ChannelMix": Pair(vg.ChannelMix()),
        "PhotometricDistort": Pair(vg.PhotometricDistort(), None, v2.RandomPhotometricDistort(p=1)),
    }


def standard(op: vg.Op | None) -> vg.Compose:
    """Ours: crop, the op, flip, normalise."""
    last = vg.Normalize(mean=MEAN, std=STD, layout="CHW")
    inside = [] if op is None else [op]
    return vg.Compose([vg.RandomResizedCrop(SIZE), *inside, vg.HorizontalFlip(p=0.5), last])


def contenders(pair: Pair, images: list[np.ndarray], tensors: list[torch.Tensor]) -> dict[str, Callable[[int], object]]:
    """Each alone, and each within the recipe: a round is all pictures."""
    alone, within = vg.Compose([pair.ours]), standard(pair.ours)
    found: dict[str, Callable[[int], object]] = {
        "ours alone": lambda i: alone.batch(images, keys=vg.Keys.at(i, 0, np.arange(len(images)))),
        "ours within": lambda i: within.batch(images, keys=vg.Keys.at(i, 0, np.arange(len(images)))),
    }
    if pair.alb is not None:
        crop = A.RandomResizedCrop((SIZE, SIZE))
        recipe = A.Compose([crop, pair.alb, A.HorizontalFlip(p=0.5), A.Normalize(), A.ToTensorV2()])
        found["albumentationsx alone"] = _each(lambda image: pair.alb(image=image)["image"], images)
        found["albumentationsx within"] = tv.stacked(lambda image: recipe(image=image)["image"], images)
    if pair.tv is not None:
        last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
        chain = v2.Compose([v2.RandomResizedCrop(SIZE), pair.tv, v2.RandomHorizontalFlip(), *last])
        found["torchvision alone"] = _each(pair.tv, tensors)
        found["torchvision within"] = tv.stacked(chain, tensors)
    if pair.pil is not None:
        change = pair.pil
        found["Pillow alone"] = _each(lambda image: np.asarray(change(Image.fromarray(image))), images)
    return found


def _each(call: Callable[[Any], object], items: list[Any]) -> Callable[[int], object]:
    return lambda i: [call(item) for item in items]


def rows_of(name: str, taken: Mapping[str, list[float]]) -> list[report.Row]:
    """Best peer / ours, alone and within the recipe."""
    made = []
    for form in ("alone", "within"):
        ours = taken[f"ours {form}"]
        peers = {who: times for who, times in taken.items() if who.endswith(form) and not who.startswith("ours")}
        stages = {who: float(np.median(times)) / COUNT * 1e3 for who, times in taken.items() if who.endswith(form)}
        if not peers:
            made.append(report.row(f"{name} {form}", [t / COUNT * 1e3 for t in ours], unit="ms", stages=stages))
            continue
        best = min(peers, key=lambda who: float(np.median(peers[who])))
        slow = form == "alone" and stages[best] > LONG
        reach = 1.2 if form == "within" else 1.0 if slow else 0.5
        ratios, note = timing.ratios(peers[best], ours), f"of {best.split()[0]}; stages: ms a picture"
        made.append(report.row(f"{name} {form}: best peer / ours", ratios, reach=reach, note=note, stages=stages))
    return made


def means(rows: list[report.Row]) -> list[report.Row]:
    """The geometric means."""
    found = []
    for form, reach, stretch in (("alone", 1.5, 2.5), ("within", 2.0, 3.0)):
        values = [row.value for row in rows if f" {form}:" in row.name]
        if values:
            mean = math.exp(sum(map(math.log, values)) / len(values))
            found.append(report.Row(f"all {len(values)} {form}: geometric mean", mean, reach=reach, stretch=stretch))
    return found


def added(images: list[np.ndarray], rounds: int, every: Mapping[str, Pair]) -> list[report.Row]:
    """What an op adds to the time of the recipe, in per cent."""
    calls = {name: standard(pair.ours) for name, pair in every.items()} | {"": standard(None)}
    keys = [vg.Keys.at(i, 0, np.arange(len(images))) for i in range(rounds + 1)]
    taken = timing.interleave(
        {name: lambda i, made=made: made.batch(images, keys=keys[i]) for name, made in calls.items()},  # type: ignore[misc]
        rounds,
    )
    limits = {
        **dict.fromkeys(("GaussianNoise", "UniformNoise", "SpeckleNoise"), 45),
        "SaltAndPepper": 25,
        **dict.fromkeys(("Erasing", "CoarseDropout", "GridDropout", "XYMasking", "ChannelDropout"), 5),
    }
    made = []
    for name in every:
        more = [100 * (ratio - 1) for ratio in timing.ratios(taken[name], taken[""])]
        made.append(report.row(f"{name}: added to the recipe", more, unit="%", better="less", reach=limits.get(name)))
    return made


def bending(images: list[np.ndarray], rounds: int) -> report.Row:
    """What Elastic adds to the time of an affine chain."""
    turn = vg.Affine(rotate=(-30, 30), scale=(0.8, 1.2), x=(-0.1, 0.1))
    calls = {"chain": vg.Compose([turn]), "bent": vg.Compose([turn, vg.Elastic(0.01)])}
    keys = [vg.Keys.at(i, 0, np.arange(len(images))) for i in range(rounds + 1)]
    taken = timing.interleave(
        {name: lambda i, made=made: made.batch(images, keys=keys[i]) for name, made in calls.items()},  # type: ignore[misc]
        rounds,
    )
    more = [100 * (ratio - 1) for ratio in timing.ratios(taken["bent"], taken["chain"])]
    return report.row("Elastic: added to an Affine", more, unit="%", better="less", reach=80, stretch=40)


def main() -> None:
    """Time all, interleaved, and save."""
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--op", action="append")
    chosen, rest = own.parse_known_args()
    import sys

    sys.argv[1:] = rest
    args = timing.arguments(__doc__)
    images = photos.decoded(COUNT, args.data)
    tensors = [tv.tensor(image) for image in images]
    every = {name: pair for name, pair in pairs().items() if not chosen.op or name in chosen.op}
    rounds, rows = 2 if args.quick else 12, list[report.Row]()
    for name, pair in every.items():
        rows += rows_of(name, timing.interleave(contenders(pair, images, tensors), rounds))
        print("; ".join(f"{row.name} {row.value:.2f}{row.unit}" for row in rows[-2:]), flush=True)
    rows += [*means(rows), *added(images, rounds, every), bending(images, rounds)]
    report.save("catalogue", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
