"""Mosaics of YOLO's recipe from a data set on disk, 640 x 640 with boxes, two workers: ours, and ultralytics' own."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BATCH, SIDE = 16, 640


def ours(folder: Path) -> Iterator[Any]:
    """The recipe of ultralytics' defaults."""
    import variegate as vg

    shift = (-0.1, 0.1)
    augment = vg.Compose(
        [
            vg.LongestMaxSize(SIDE),
            vg.Mosaic(2 * SIDE, fill=114),
            vg.Affine(scale=(0.5, 1.5), x=shift, y=shift, fill=114),
            vg.CenterCrop(SIDE),
            vg.HueSaturationValue((-5.4, 5.4), (0.3, 1.7), (0.6, 1.4)),
            vg.HorizontalFlip(p=0.5),
        ],
        targets={"boxes": vg.Boxes("yolo")},
    )
    loader = vg.Loader(vg.YoloFolder(folder / "data.yaml"), augment, batch_size=BATCH, workers=2, drop_last=True)
    for batch in loader.stream():
        yield batch["image"]


def ultralytics(folder: Path) -> Iterator[Any]:
    """Its YOLODataset in a DataLoader of torch."""
    import torch

    # torchvision's own build of these is for another torch; the data set asks for neither.
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from ultralytics.cfg import get_cfg
    from ultralytics.data.dataset import YOLODataset

    data = {"names": {n: str(n) for n in range(80)}, "nc": 80, "channels": 3, "path": str(folder)}
    found = YOLODataset(
        img_path=str(folder / "images"), data=data, task="detect", imgsz=SIDE, augment=True, hyp=get_cfg(), cache=False,
        batch_size=BATCH, stride=32,
    )  # fmt: skip
    torch.set_num_threads(1)
    while True:
        loader = torch.utils.data.DataLoader(
            found, BATCH, shuffle=True, num_workers=2, drop_last=True, collate_fn=YOLODataset.collate_fn
        )
        for batch in loader:
            yield batch["img"].numpy()


def main() -> None:
    """One line of JSON: images a second after a warm-up, and the shape of a batch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("ours", "ultralytics"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--warm", type=int, default=6)
    parser.add_argument("--save", type=Path, help="write a batch here as .npy, to look at")
    args = parser.parse_args()
    start, last = time.perf_counter(), None
    for seen, image in enumerate((ours if args.who == "ours" else ultralytics)(args.folder), 1):
        last = image
        if seen == args.warm:
            start = time.perf_counter()
        if seen == args.warm + args.batches:
            break
    seconds = time.perf_counter() - start
    if args.save:
        import numpy as np

        np.save(args.save, np.asarray(last))
    assert last is not None
    print(json.dumps({"rate": args.batches * BATCH / seconds, "shape": list(last.shape)}), flush=True)


if __name__ == "__main__":
    main()
