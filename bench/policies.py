"""Policies: RandAugment, TrivialAugmentWide and AugMix in a recipe against torchvision and timm; whether they agree.

One thread, one run, interleaved: decoded photographs; crop, flip, the policy, normalise, stacked as CHW float32. Each
peer with its own defaults. `--only equal` for equality alone.
"""

from __future__ import annotations

import timing

timing.one_thread()

import argparse  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterator, Mapping  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import photos  # noqa: E402
import report  # noqa: E402
import torch  # noqa: E402
from peers import tv  # noqa: E402
from peers.measure import MEAN, SIZE, STD  # noqa: E402
from PIL import Image  # noqa: E402
from timm.data import auto_augment as timm  # noqa: E402

import variegate as vg  # noqa: E402
from variegate.ops.aug_mix import REACH  # noqa: E402
from variegate.ops.auto_augment import FOUND  # noqa: E402
from variegate.ops.effect import Geometric  # noqa: E402
from variegate.ops.policies import OPS, USUAL, WIDE, Making, Reach  # noqa: E402
from variegate.ops.timm_ops import INCREASING, MIXED, PLAIN, THREE, WEIGHTED  # noqa: E402
from variegate.ops.timm_ops import OPS as TIMM_OPS  # noqa: E402
from variegate.ops.timm_policy import PAIRS  # noqa: E402

torch.set_num_threads(1)
v2 = tv.v2
COUNT, PLANNED = 48, 64
MOVING = "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"
Call = Callable[[int], object]


def ours(policy: vg.Op | None) -> vg.Compose:
    """Crop, flip, the policy, normalise."""
    inside = [] if policy is None else [policy]
    last = vg.Normalize(mean=MEAN, std=STD, layout="CHW")
    return vg.Compose([vg.RandomResizedCrop(SIZE), vg.HorizontalFlip(p=0.5), *inside, last])


def theirs(policy: Any, pil: bool) -> Callable[[Any], torch.Tensor]:
    """The same of torchvision; its AugMix and timm's policies stand there as it asks them to."""
    last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    steps = [v2.RandomResizedCrop(SIZE), v2.RandomHorizontalFlip(), *([] if policy is None else [policy])]
    return v2.Compose([*steps, *([v2.ToImage()] if pil else []), *last])


def contenders(images: list[np.ndarray]) -> dict[str, Call]:
    """By name: who, and which policy."""
    tensors, pictures = [tv.tensor(image) for image in images], [Image.fromarray(image) for image in images]
    keys = np.arange(len(images))
    found: dict[str, Call] = {}
    for name, own in {
        "none": None, "RandAugment": vg.RandAugment(2, 9), "TrivialAugmentWide": vg.TrivialAugmentWide(),
        "AugMix": vg.AugMix(), "timm": vg.policy("rand-m9-mstd0.5-inc1"),
    }.items():  # fmt: skip
        augment = ours(own)
        found[f"ours, {name}"] = lambda i, augment=augment: augment.batch(images, keys=vg.Keys.at(i, 0, keys))  # type: ignore[misc]
    peers = {"none": None, "RandAugment": v2.RandAugment(2, 9), "TrivialAugmentWide": v2.TrivialAugmentWide()}
    for name, policy in peers.items():
        found[f"tensors, {name}"] = tv.stacked(theirs(policy, False), tensors)
        found[f"PIL, {name}"] = tv.stacked(theirs(policy, True), pictures)
    found["tensors, AugMix"] = tv.stacked(theirs(v2.AugMix(), False), tensors)
    found["timm, timm"] = tv.stacked(
        theirs(again(timm.rand_augment_transform("rand-m9-mstd0.5-inc1", {})), True), pictures
    )
    return found


def again(policy: Callable[[Image.Image], Image.Image]) -> Callable[[Image.Image], Image.Image]:
    """timm's policy, drawn anew where it asks Pillow for 0 bits, which Pillow 13 refuses: 7 of 4,000 calls."""

    def call(image: Image.Image) -> Image.Image:
        while True:
            try:
                return policy(image)
            except ValueError as error:
                if "bits" not in str(error):
                    raise

    return call


def speed(taken: Mapping[str, list[float]]) -> Iterator[report.Row]:
    """Peer / ours."""
    trivial, stages = "TrivialAugmentWide", {name: float(np.median(t)) / COUNT * 1e3 for name, t in taken.items()}
    for name, peer, of, reach, stretch in (
        ("RandAugment(2, 9): torchvision, tensors / ours", "tensors, RandAugment", "RandAugment", 2.5, 4),
        ("RandAugment(2, 9): torchvision, PIL / ours", "PIL, RandAugment", "RandAugment", 2.5, 4),
        ("rand-m9-mstd0.5-inc1: timm, PIL / ours", "timm, timm", "timm", 2.5, 4),
        (f"{trivial}: torchvision, tensors / ours", f"tensors, {trivial}", trivial, 2.2, 3.5),
        (f"{trivial}: torchvision, PIL / ours", f"PIL, {trivial}", trivial, 3, 4.5),
        ("AugMix: torchvision, tensors / ours", "tensors, AugMix", "AugMix", 4, 7),
    ):  # fmt: skip
        shown = {each: stages[each] for each in (peer, f"ours, {of}")}
        ratios = timing.ratios(taken[peer], taken[f"ours, {of}"])
        yield report.row(name, ratios, reach=reach, stretch=stretch, note="stages: ms a picture", stages=shown)
    yield report.row(
        "no policy: torchvision, tensors / ours", timing.ratios(taken["tensors, none"], taken["ours, none"])
    )


def planning(images: list[np.ndarray], rounds: int) -> report.Row:
    """A sample of a batch of 64."""
    augment, sizes = ours(vg.RandAugment(2, 9)), [images[i % len(images)].shape[:2] for i in range(PLANNED)]
    keys = np.arange(PLANNED)
    taken = timing.interleave({"plan": lambda i: augment.plan(vg.Keys.at(i, 0, keys), sizes)}, 4 * rounds)["plan"]
    micro = [seconds / PLANNED * 1e6 for seconds in taken]
    return report.row("RandAugment(2, 9): planning a sample", micro, unit="us", better="less", reach=25, stretch=15)


def resamplings(images: list[np.ndarray]) -> report.Row:
    """How often a pixel is read from another picture, of RandAugment(3, 9) in the recipe."""
    augment, sizes = ours(vg.RandAugment(3, 9)), [images[i % len(images)].shape[:2] for i in range(PLANNED)]
    counts = []
    for epoch in range(32):
        bound = augment.plan(vg.Keys.at(1, epoch, np.arange(PLANNED)), sizes).bound
        for i in range(PLANNED):
            counts.append(sum(any(issubclass(n.op.gives, Geometric) for n in nodes) for nodes in bound.nodes(i)))
    name = "RandAugment(3, 9) and the crop: mean number of resamplings a picture"
    return report.Row(name, float(np.mean(counts)), unit="", better="less", reach=1.6, stretch=1.3)


# Equality


def scene() -> np.ndarray:
    """Waves with noise on them, (60, 90, 3), from 20 to 235."""
    y, x = np.mgrid[:60, :90]
    waves = [np.sin(x / 9) * np.cos(y / 13), np.cos((x + y) / 17), x / 45 + y / 150 - 1.2]
    noise = np.random.default_rng(0).normal(0, 6, (60, 90, 3))
    return np.clip(127 + 90 * np.stack(waves, axis=2) + noise, 20, 235).astype(np.uint8)


def signed(level: float, sign: int) -> Callable[..., float]:
    """A level whose sign is given."""

    def value(through: Any, signed: bool = False, about: float = 0.0, least: float = -np.inf) -> float:
        number = float(through(np.array(level)))
        return max(about + sign * (number - about), least) if signed else number

    return value


def apart(reach: Reach, peer: Any, bins: int, pil: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Of each op at each level and sign of one of torchvision's policies, how many levels ours is from it."""
    image = scene()
    given = Image.fromarray(image) if pil else tv.tensor(image)
    for name, (magnitudes, turns) in peer._AUGMENTATION_SPACE.items():
        told = magnitudes(bins, *image.shape[:2])
        for k in range(bins if told is not None else 1):
            for sign in (1, -1) if turns else (1,):
                op = OPS[name](Making(reach, signed(k / (bins - 1), sign), {"interpolation": "nearest"}))
                level = 0.0 if told is None else sign * float(told[k])
                if name == "Posterize" and level < 1:
                    continue  # Pillow refuses it, and ours keeps a bit
                nearest = tv.InterpolationMode.NEAREST
                made = peer._apply_image_or_video_transform(given, name, level, interpolation=nearest, fill={})
                expected = np.asarray(made) if pil else made.permute(1, 2, 0).numpy()
                yield name, np.abs(vg.Compose([op])(image, key=vg.Key()).astype(int) - expected)


def equality() -> Iterator[report.Row]:
    """With 30 bins, where no pixel is read from the line between two, and no threshold is a level to the last bit."""
    for name, reach, peer, bins in (
        ("RandAugment", USUAL, v2.RandAugment(), 30),
        ("TrivialAugmentWide", WIDE, v2.TrivialAugmentWide(), 30),
        ("AutoAugment", USUAL, v2.AutoAugment(), 10),
        ("AugMix", REACH, v2.AugMix(), 10),
    ):
        told = {*MOVING, *(["Solarize"] if bins == 10 else [])}
        for form, most in (("PIL", 1), ("tensors", 2)):
            found = list(apart(reach, peer, bins, form == "PIL"))
            colours = [float(off.max()) for op, off in found if op not in told]
            moved = float(np.median([(off > 0).mean() * 100 for op, off in found if op in MOVING]))
            about = f"{name}, each op at each level, from torchvision's on {form}"
            yield report.Row(f"{about}: colours at most", max(colours), unit="levels", better="less", reach=most)
            yield report.Row(f"{about}: pixels read elsewhere, median", moved, unit="%", better="less", reach=0.2)
    differ = float(sum(differing()))
    yield report.Row("lists and tables that are not torchvision's and timm's", differ, unit="", better="less", reach=0)


def pairs(text: str) -> list[str]:
    """A table of pairs, without levels and in one order."""
    found = [[op.split()[:2] for op in pair.split("+")] for pair in text.split(";")]
    return sorted(" + ".join(f"{name} {float(p)}" for name, p in pair) for pair in found)


def differing() -> Iterator[bool]:
    """Of each list or table, whether it is another than theirs."""
    for each in v2.AutoAugmentPolicy:
        told = v2.AutoAugment(each)._get_policies(each)
        yield pairs(FOUND[each.value]) != sorted(" + ".join(f"{op} {float(p)}" for op, p, _ in pair) for pair in told)
    for name, text in PAIRS.items():
        told = timm.auto_augment_transform(name, {}).policy
        yield pairs(text) != sorted(" + ".join(f"{op.name} {float(op.prob)}" for op in pair) for pair in told)
    weighted = {f"rand-t{name}": tuple(weights) for name, weights in WEIGHTED.items()}
    for text, own in {"rand": PLAIN, "rand-inc1": INCREASING, "rand-t3a": THREE, **weighted}.items():
        yield tuple(op.name for op in timm.rand_augment_transform(text, {}).ops) != own
    yield tuple(op.name for op in timm.augment_and_mix_transform("augmix", {}).ops) != MIXED
    yield not set(TIMM_OPS) <= set(timm.LEVEL_TO_ARG)


def main() -> None:
    """Time all, interleaved, and save."""
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--only", choices=["equal"])
    chosen, rest = own.parse_known_args()
    sys.argv[1:] = rest
    args = timing.arguments(__doc__)
    rows = list(equality())
    if not chosen.only:
        images = photos.decoded(COUNT, args.data)
        rounds = 2 if args.quick else 20
        taken = timing.interleave(contenders(images), rounds)
        rows = [*speed(taken), planning(images, rounds), resamplings(images), *rows]
    for row in rows:
        print(f"{row.name}: {row.value:.3g} {row.unit}", flush=True)
    report.save("policies", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
