"""The processes of the corpus: what Pillow makes of a folder's files, what we do, in which way, and of label files.

Each writes what it found line by line, so that one that is ended by a file has told of those before it.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import annotations
import damage
import lines
import numpy as np
import odd
import packs
import strange
from PIL import Image, ImageOps

LIMIT = 600.0  # seconds after which a process is taken to hang
EPOCHS = 2  # the second is from the cache, where there is one
WRONG = "wrong"  # what became of a file that ended the process, or gave an error that is not ours
BY_PILLOW = "JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF"
TURNS = {way: getattr(Image.Transpose, name) for way, name in {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90"}.items()}  # fmt: skip
WAYS: dict[str, dict[str, Any]] = {  # what differs from skip, two workers, batches of 16
    "raise": {"policy": "raise", "batch_size": 1},
    "skip": {},
    "replace": {"policy": "replace"},
    "workers=0": {"workers": 0},
    "workers=1": {"workers": 1},
    "workers=8": {"workers": 8},
    "isolate": {"isolate": True},
    'cache="memory"': {"cache": "memory"},
    "cache, a folder": {"cache": "folder"},
    "deadline": {"deadline": 60.0},
}
Found = dict[str, Any]


def listed(folder: str) -> Any:
    """All that has a picture's name, those of formats that are allowed first among them."""
    from variegate.loader import ImageFolder
    from variegate.loader.decode import formats

    further = (*strange.BY_NAME, *(ending for ending, _ in strange.PLUGINS.values()))
    endings = (*formats.EXTENSIONS, *(f".{ending.lower()}" for ending in further))
    return ImageFolder(folder, extensions=endings, labelled=False)


def digest(pixels: np.ndarray) -> str:
    """Of a picture's shape and bytes."""
    return blake2b(repr(pixels.shape).encode() + pixels.tobytes(), digest_size=8).hexdigest()


def truths(folder: str, noted: Path) -> None:
    """What Pillow makes of each file of 8 bits: a line of its path and a digest."""
    kinds = json.loads((noted / "kinds.json").read_text())
    for _, path in untold(listed(folder).paths, noted):
        kind, place = kinds.get(path, {}), Path(folder) / path
        found = (
            truth(noted / kind["plain"] if kind.get("plain") else place, kind.get("turn")) if place.is_file() else ""
        )
        tell(noted, {"path": path, "digest": found})


def truth(path: Path, turn: int | None) -> str:
    """The digest of a picture that Pillow reads, upright, as RGB; empty if it does not, or has other than 8 bits."""
    with suppress(Exception), Image.open(path, formats=BY_PILLOW) as picture:
        picture.load()
        if picture.mode not in ("I", "F") and not picture.mode.startswith("I;"):
            if turn is None:
                picture = ImageOps.exif_transpose(picture)
            elif turn in TURNS:
                picture = picture.transpose(TURNS[turn])
            picture = picture.convert("RGBA").convert("RGB") if picture.mode == "P" else picture.convert("RGB")
            return digest(np.asarray(picture))
    return ""


def direct(folder: str, noted: Path) -> None:
    """What we make of each file alone: a line of what became of it, and what came on stderr meanwhile."""
    kinds, source = json.loads((noted / "kinds.json").read_text()), listed(folder)
    for i, path in untold(source.paths, noted):
        before, begun = os.fstat(2).st_size, time.perf_counter()
        found = {"path": path, **tried(source, i), "seconds": time.perf_counter() - begun}
        found["said"] = os.pread(2, 1 << 12, before).decode(errors="replace")
        expect = kinds.get(path, {}).get("expect", "")
        if expect in ("uint16", "float32"):
            found["then"] = tried(source, i, dtype=expect)["got"]
        tell(noted, found)


def after(folder: str, noted: Path) -> None:
    """The same of files whose format has to be allowed first, once it is."""
    import variegate as vg

    kinds, source = json.loads((noted / "kinds.json").read_text()), listed(folder)
    for i, path in untold(source.paths, noted):
        expect = kinds.get(path, {}).get("expect", "")
        if expect.isupper():
            vg.allow_formats(expect, plugin=kinds[path]["plugin"])
            tell(noted, {"path": path, **tried(source, i)})


def tried(source: Any, i: int, **options: Any) -> Found:
    """What becomes of a file."""
    import variegate as vg
    from variegate.loader.decode import open_image

    try:
        return {"got": odd.READ, "digest": digest(open_image(source.read(i), source.where(i), **options).decode())}
    except vg.VariegateError as error:
        return {"got": odd.REFUSED, "reason": str(error), "sound": getattr(error, "sound", False)}
    except BaseException as error:
        return {"got": WRONG, "reason": f"{type(error).__name__}: {error}"}


def label_files() -> Iterator[tuple[str, annotations.Labelled]]:
    """All that are made, by their names."""
    groups = {"COCO": annotations.coco, "VOC": annotations.voc, "YOLO": lines.yolo, "table": lines.tables,
              "tar": packs.tars, "TFRecord": packs.records, "Parquet": packs.parquet}  # fmt: skip
    for group, each in groups.items():
        yield from ((f"{group} {name}", found) for name, found in each())


def labels(folder: str, noted: Path) -> None:
    """Every odd label file: a line of what became of it."""
    import variegate as vg

    cases = dict(list(label_files())[:: int(folder)])
    for _, name in untold(cases, noted):
        case = cases[name]
        found: Found = {"path": name, "expect": case.expect}
        with tempfile.TemporaryDirectory() as place:
            for path, data in case.files.items():
                (Path(place) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(place) / path).write_bytes(data)
            try:
                source = case.source(Path(place))
                batches = vg.Loader(source, vg.Compose([vg.HorizontalFlip()]), 2, workers=0)
                count = sum(len(batch["id"]) for batch in batches)
                found["got"] = odd.READ if count == len(source) else f"{count} of {len(source)} samples"
            except vg.VariegateError as error:
                found |= {"got": odd.REFUSED, "reason": str(error)}
            except BaseException as error:
                found |= {"got": WRONG, "reason": f"{type(error).__name__}: {error}"}
        tell(noted, found)


def untold(paths: Iterable[str], noted: Path) -> Iterator[tuple[int, str]]:
    """Those without a line, and which they are; each is noted before, for the case that it ends the process."""
    done = {each["path"] for each in told_of(noted)}
    for number, path in enumerate(paths):
        if path not in done:
            (noted / "next").write_text(path, errors="surrogateescape")
            yield number, path


def tell(noted: Path, found: Found) -> None:
    """Add a line."""
    with open(noted / "told", "a") as file:
        file.write(json.dumps(found) + "\n")


def told_of(noted: Path) -> list[Found]:
    """The lines."""
    told = noted / "told"
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


def loader(source: Any, noted: Path, policy: str = "skip", deadline: float | None = None, **options: Any) -> Any:
    """As people train."""
    import variegate as vg
    from variegate.loader.policy import OnError

    quarantine = None if policy == "raise" else noted / "quarantine.jsonl"
    rule = OnError(policy, max_errors=None, quarantine=quarantine, deadline=deadline)  # type: ignore[arg-type]
    if options.get("cache") == "folder":
        options["cache"] = noted / "cache"
    augment = vg.Compose([vg.Rotate((-20, 20)), vg.RandomResizedCrop(48), vg.HorizontalFlip(p=0.5)])
    return vg.Loader(source, augment, on_error=rule, **{"batch_size": 16, "workers": 2, **options})


def left() -> tuple[int, int, int]:
    """Threads, open files and child processes of this process."""
    gc.collect()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return threading.active_count(), damage.handles(), len(children)


def way(folder: str, noted: Path, name: str) -> None:
    """Some epochs in one way: a digest of each good sample's bytes, what was refused, and what is left."""
    from variegate.loader import Subset

    source: Any = listed(folder)
    good = set(json.loads((noted.parent / "good.json").read_text()))
    fine = Subset(source, [i for i, path in enumerate(source.paths) if path in good])
    options = WAYS.get(name, {})
    for batch in loader(Subset(fine, [0]), noted, **options):  # what is loaded and compiled is no part of it
        del batch
    before = left()
    stream, refused = loader(fine if name == "alone" else source, noted, **options), Counter[str]()
    seen: dict[str, str] = {}
    again = 0
    for epoch in range(EPOCHS):
        earlier = stream.stats().get("cache", {}).get("hits", 0)
        for batch in damage.whole(stream, epoch, refused):
            variations = batch.get("variation", [0] * len(batch["id"]))
            for image, number, variation in zip(batch["image"], batch["id"], variations, strict=True):
                if not variation:
                    again += f"{epoch}/{number}" in seen
                    seen[f"{epoch}/{number}"] = digest(image)
        batch = image = None
    hits = stream.stats()["cache"]["hits"] - earlier if "cache" in options else None  # of the last epoch
    del stream, batch, image
    deadline = time.monotonic() + 10  # a process that was told to end needs a moment
    while left()[2] > before[2] and time.monotonic() < deadline:
        time.sleep(0.05)
    spare = [max(now - was, 0) for now, was in zip(left(), before, strict=True)]
    tell(
        noted,
        {"seen": seen, "again": again, "refused": dict(refused), "left": spare, "hits": hits, "peak": damage.peak()},
    )


def child(what: str, folder: str, noted: Path, name: str) -> None:
    """The process of `run`."""
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    if what == "truths":
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = 1 << 26
    if what == "way":
        way(folder, noted, name)
    else:
        {"truths": truths, "direct": direct, "after": after, "labels": labels}[what](folder, noted)


if __name__ == "__main__":
    what, folder, noted, name = sys.argv[1:]
    child(what, folder, Path(noted), name)
