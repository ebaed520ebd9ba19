"""Several pictures in one: what MixUp and CutMix add to a recipe from files, mosaics against ultralytics, and where
their labels lie.

Two workers, each contender in a process of its own, in turns. The data set of the mosaics is made: photographs of the
sizes of COCO with 2 to 14 boxes each, in the files of YOLO.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import photos
import pss
import report
import scenes
import setup
import timing
from peers.measure import BATCH
from PIL import Image

RECIPES = {"standard": "", "MixUp": "vg.MixUp(1.0)", "CutMix": "vg.CutMix()"}
RUN = """
import sys, time
import numpy as np
import variegate as vg
from peers import measure
mix, folder, batches, warm, memory = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
last = vg.Normalize(mean=measure.MEAN, std=measure.STD, layout="CHW")
ops = [vg.RandomResizedCrop(measure.SIZE), vg.HorizontalFlip(p=0.5), last, *([eval(mix)] if mix else [])]
loader = vg.Loader(vg.ImageFolder(folder), vg.Compose(ops), batch_size=measure.BATCH, workers=2, drop_last=True,
                   memory=memory or None)
print(measure.rate((batch["image"] for batch in loader.stream()), batches, warm)["rate"])
"""


def rate(mix: str, folder: Path, batches: int, warm: int) -> tuple[float, float]:
    """Images a second of the standard recipe with a mixing op, and the peak of memory in MB."""
    command = [str(setup.python("ours")), "-c", RUN, mix, str(folder), str(batches), str(warm), ""]
    process = subprocess.Popen(command, cwd=report.HERE, stdout=subprocess.PIPE, text=True)
    watch = pss.Watch(process.pid)
    out, _ = process.communicate()
    return float(out.splitlines()[-1]), watch.stop()


def data_set(folder: Path, count: int, data: Path | None) -> None:
    """JPEGs, and YOLO's text files beside them."""
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for i, pixels in enumerate(scenes.pictures(count, data)):
        height, width = pixels.shape[:2]
        Image.fromarray(pixels).save(folder / "images" / f"{i:05}.jpg", quality=90)
        boxes, classes = scenes.boxes((height, width), i)
        rows = (boxes[:, :2] + boxes[:, 2:] / 2) / (width, height), boxes[:, 2:] / (width, height)
        lines = [" ".join(map(str, (int(c), *row))) for c, row in zip(classes, np.concatenate(rows, 1), strict=True)]
        (folder / "labels" / f"{i:05}.txt").write_text("\n".join(lines) + "\n")
    names = "".join(f"  {n}: c{n}\n" for n in range(80))
    (folder / "data.yaml").write_text(f"path: {folder}\ntrain: images\nval: images\nnames:\n{names}")


def mosaic(who: str, env: str, folder: Path, batches: int) -> float:
    """Images a second."""
    command = [str(setup.python(env)), "-m", "peers.mosaics", who, str(folder), "--batches", str(batches)]
    done = subprocess.run(command, cwd=report.HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{who}: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


def truth(count: int) -> dict[str, float]:
    """How well masks and boxes of polygons in mosaics agree with the polygons painted before: the least of each.

    The pictures are black, and each object is painted in a grey of its own; the mosaic of these pictures, read by
    nearest, is what its labels are held against.
    """
    import variegate as vg

    targets = {
        "polygons": vg.Polygons(group="o"),
        "boxes": vg.Boxes("xyxy", group="o"),
        "grey": vg.PerInstance(group="o"),
    }
    augment = vg.Compose(
        [vg.Mosaic(1920), vg.Affine(rotate=(-20, 20), scale=(0.7, 1.3)), vg.CenterCrop(1280)],
        targets=targets, interpolation="nearest", antialias=False,
    )  # fmt: skip
    rng, worst = np.random.default_rng(0), {"masks": 1.0, "boxes": 1.0}
    rings = scenes.stars(4 * 4 * count, 1, 80, 160)
    for n in range(count):
        samples = [painted(rng, rings[16 * n + 4 * k : 16 * n + 4 * k + 4], 16 * k + 16) for k in range(4)]
        key = next(key for key in (vg.Key(n, variation=v) for v in range(99)) if distinct(augment.params(key)))
        made = augment(**samples[0], key=key, partners=samples[1:])
        for grey, polygon, box in zip(made["grey"], made["polygons"], made["boxes"], strict=True):
            shown = made["image"][..., 0] == grey
            if np.count_nonzero(shown) < 10000:
                continue
            found = np.zeros(shown.shape, bool)
            for ring in polygon:
                found ^= vg_filled(np.asarray(ring, np.float64), shown.shape)
            rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
            around = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
            worst["masks"] = min(worst["masks"], np.count_nonzero(found & shown) / np.count_nonzero(found | shown))
            worst["boxes"] = min(worst["boxes"], overlap(np.asarray(box, np.float64), around))
    return worst


def vg_filled(ring: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixels whose centre lies in a ring, by scikit-image."""
    from skimage.measure import grid_points_in_poly

    return grid_points_in_poly(size, ring[:, ::-1] - 0.5)


def distinct(drawn: dict[str, dict[str, Any]]) -> bool:
    """Whether no partner comes twice: a grey is then one object's."""
    return len({int(u * 3) for u in drawn["Mosaic"]["partner"]}) == 3


def painted(rng: np.random.Generator, rings: list[np.ndarray], grey: int) -> dict[str, object]:
    """A picture of objects that do not overlap, a quarter of it for each."""
    image = np.zeros((960, 960, 3), np.uint8)
    polygons, boxes, greys = [], [], []
    for k, ring in enumerate(rings):
        own = ring * (400 / np.ptp(ring, axis=0).max())
        own = own - (own.min(0) + own.max(0)) / 2 + (240 + 480 * (k % 2), 240 + 480 * (k // 2)) + rng.uniform(-9, 9, 2)
        image[vg_filled(own, (960, 960))] = grey + k
        polygons.append([own])
        boxes.append([*own.min(0), *own.max(0)])
        greys.append(grey + k)
    return {"image": image, "polygons": polygons, "boxes": boxes, "grey": greys}


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """The intersection of two boxes over their union."""
    sides = np.maximum(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0)
    both = sides.prod()
    return float(both / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - both))


def main() -> None:
    """All rows."""
    args = timing.arguments(__doc__)
    rounds, batches, warm, count = (1, 3, 2, 20) if args.quick else (5, 90, 30, 300)
    folder = photos.stream((5 if args.quick else 30) * BATCH, args.data)  # a few epochs of these
    rates: dict[str, list[float]] = {name: [] for name in RECIPES}
    peaks: dict[str, list[float]] = {name: [] for name in RECIPES}
    for i in range(rounds):
        for name in list(RECIPES)[i % 3 :] + list(RECIPES)[: i % 3]:
            found, peak = rate(RECIPES[name], folder, batches, warm)
            rates[name].append(found)
            peaks[name].append(peak)
    rows = []
    for name in ("MixUp", "CutMix"):
        added = [(plain / mixed - 1) * 100 for plain, mixed in zip(rates["standard"], rates[name], strict=True)]
        rows.append(
            report.row(
                f"standard recipe with {name} on every sample: time added",
                added,
                unit="%",
                reach=8,
                stretch=3,
                better="less",
            )
        )
        more = [mixed / plain for plain, mixed in zip(peaks["standard"], peaks[name], strict=True)]
        rows.append(report.row(f"standard recipe with {name}: peak PSS / without", more, better="less"))
    if setup.ready("yolo"):
        with tempfile.TemporaryDirectory() as made:
            data_set(Path(made), count, args.data)
            ours, theirs = [], []
            for _ in range(1 if args.quick else 3):
                ours.append(mosaic("ours", "ours", Path(made), 4 if args.quick else 24))
                theirs.append(mosaic("ultralytics", "yolo", Path(made), 4 if args.quick else 24))
            rows.append(
                report.row(
                    "Mosaic to 640 with boxes, affine, HSV, flip: ours / ultralytics",
                    timing.ratios(ours, theirs),
                    reach=3,
                    stretch=5,
                    note=f"{np.median(ours):.0f} and {np.median(theirs):.0f} images/s",
                )
            )
    worst = truth(4 if args.quick else 40)
    rows += [
        report.Row(f"mosaics of polygons: {name} against pixels painted, IoU, least", value, "", reach=0.98)
        for name, value in worst.items()
    ]
    report.save("partners", args.out, rows, args.quick)


if __name__ == "__main__":
    main()
