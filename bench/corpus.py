"""Odd files under every way of loading: what is read, whether it is Pillow's picture, what is lost, what is left.

Sound files that are rare, beside broken ones and others that are no pictures, made by a seed or of a folder given; and
label files in seven formats. Each way has a process of its own, so that threads, handles and memory are its own.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import subprocess
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
import jpegs
import numpy as np
import odd
import others
import pngs
import report
import timing
from PIL import Image, ImageOps

LIMIT = 600.0  # seconds after which a process is taken to hang
EPOCHS = 2  # the second is from the cache, where there is one
OURS = b"variegate:"  # so our lines on stderr begin
OWN = "Traceback", "Exception", "leaked", "Fatal", "ResourceWarning", "RuntimeWarning"  # in lines that no decoder writes
WRONG = "wrong"
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


def made(folder: Path, quick: bool) -> dict[str, odd.Odd]:
    """Write the files; path within the folder -> what should become of it."""
    found: dict[str, odd.Odd] = {}
    each = [*jpegs.kinds(), *pngs.kinds(), *others.kinds(1 if quick else 4)]
    for number, (name, file) in enumerate(each[:: 9 if quick else 1]):
        words = "".join(letter if letter.isalnum() else "-" for letter in name)
        path = f"{number:03}-{words}.{file.ending}"
        (folder / path).write_bytes(file.data)
        found[path] = file
    for name, expect in others.no_files(folder).items():
        found[name] = odd.Odd("jpg", b"", expect)
    return found


def listed(folder: str) -> Any:
    """All that has a picture's name, those of formats that are allowed first among them."""
    from variegate.loader import ImageFolder, formats

    further = (*others.BY_NAME, *(ending for ending, _ in others.PLUGINS.values()))
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


def labels(folder: str, noted: Path) -> None:
    """Every odd label file: a line of what became of it."""
    import variegate as vg

    cases = dict(list(annotations.kinds())[:: int(folder)])
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


def loader(source: Any, noted: Path, policy: str = "skip", deadline: float | None = None, **options: Any) -> Any:
    """As people train."""
    import variegate as vg
    from variegate.loader.policy import OnError

    quarantine = None if policy == "raise" else noted / "quarantine.jsonl"
    rule = OnError(policy, most=None, quarantine=quarantine, deadline=deadline)  # type: ignore[arg-type]
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
        for batch in damage.whole(stream, epoch, refused):
            variations = batch.get("variation", [0] * len(batch["id"]))
            for image, number, variation in zip(batch["image"], batch["id"], variations, strict=True):
                if not variation:
                    again += f"{epoch}/{number}" in seen
                    seen[f"{epoch}/{number}"] = digest(image)
        batch = image = None
    del stream, batch, image
    deadline = time.monotonic() + 10  # a process that was told to end needs a moment
    while left()[2] > before[2] and time.monotonic() < deadline:
        time.sleep(0.05)
    spare = [max(now - was, 0) for now, was in zip(left(), before, strict=True)]
    tell(noted, {"seen": seen, "again": again, "refused": dict(refused), "left": spare, "peak": damage.peak()})


def run(what: str, folder: str, noted: Path, name: str = "") -> Found:
    """A process, begun again behind a file that ends it: its lines, and what it wrote on stderr, if not ours."""
    noted.mkdir(exist_ok=True)
    chatter: list[str] = []
    code, command = 1, [sys.executable, "-X", "faulthandler", __file__, "--child", what, folder, str(noted), name]
    while code:
        with open(noted / "stderr", "w+b") as said:
            try:
                code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=said, timeout=LIMIT + 60).returncode
            except subprocess.TimeoutExpired:
                code = -1
        text = (noted / "stderr").read_bytes()
        if code:
            at = (noted / "next").read_text(errors="surrogateescape") if (noted / "next").exists() else ""
            tell(noted, {"path": at, "got": WRONG, "digest": "", "reason": f"{what} {name}: ended with {code}: "
                         f"{text[-800:].decode(errors='replace')}"})  # fmt: skip
            if at in ("", *(each["path"] for each in told_of(noted)[:-1])):
                break  # it comes no farther
        else:
            chatter += [
                line.decode(errors="replace") for line in text.splitlines() if line and not line.startswith(OURS)
            ]
    return {"lines": told_of(noted), "chatter": chatter}


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


def judged(
    kinds: dict[str, odd.Odd], found: list[Found], then: dict[str, str], pillow: dict[str, str]
) -> dict[str, list[str]]:
    """What is wrong, by what it is wrong in; and, of files that were not made here, where Pillow and we differ."""
    wrong: dict[str, list[str]] = {
        name: [] for name in ("errors that are not ours", "otherwise than expected", "other pixels", "sound, called broken",
                              "read by Pillow alone", "read by us alone")
    }  # fmt: skip
    for each in found:
        path, got, kind = each["path"], each["got"], kinds.get(each["path"])
        later = each.get("then") or then.get(path, "")
        words = f"{path}: {got} {later} {each.get('reason', '')[:400]}"
        if WRONG in (got, later):
            wrong["errors that are not ours"].append(words)
            continue
        if kind is not None and kind.expect != odd.EITHER:
            first = kind.expect if kind.expect in (odd.READ, odd.REFUSED) else odd.REFUSED
            if got != first or (first != kind.expect and later != odd.READ):
                wrong["otherwise than expected"].append(f"{words} (expected: {kind.expect})")
            if first != kind.expect and got == odd.REFUSED and not each["sound"]:
                wrong["sound, called broken"].append(words)
        if got == odd.READ and pillow[path] and each["digest"] != pillow[path]:
            wrong["other pixels"].append(path)
        if got == odd.READ and not pillow[path]:
            wrong["read by us alone"].append(path)
        if got == odd.REFUSED and pillow[path]:
            wrong["read by Pillow alone"].append(words)
    return wrong


def zero(name: str, count: int, unit: str = "files", note: str = "") -> report.Row:
    """A row of what there should be none of."""
    return report.Row(name, count, unit, reach=0, better="less", note=note)


def way_rows(name: str, found: Found, alone: Found, bad: set[str], noted: Path, folder: str) -> Iterator[report.Row]:
    """What is asked of each way."""
    told = found["lines"][-1]
    if "seen" not in told:
        return
    there = {key for key in alone["seen"]} & told["seen"].keys()
    lost = len(alone["seen"]) - len(there)
    changed = sum(told["seen"][key] != alone["seen"][key] for key in there)
    added = len(told["seen"].keys() - alone["seen"].keys()) + told["again"]
    policy = WAYS[name].get("policy", "skip")
    missed = damage.misses(told, noted / "quarantine.jsonl", policy, {f"{folder}/{path}" for path in bad}, EPOCHS)
    note = f"{lost} lost, {changed} changed, {added} more than there are; peak {told['peak']:.0f} MB"
    yield zero(
        f"{name}: good samples lost or changed, of {len(alone['seen'])}", lost + changed + added, "samples", note
    )
    yield zero(
        f"{name}: bad files listed twice, not at all, or wrongly, of {len(bad)}",
        len(missed),
        note="; ".join(missed)[:300],
    )
    note = "{} threads, {} handles, {} processes".format(*told["left"])
    yield zero(f"{name}: threads, handles and processes left", sum(told["left"]), "", note)


def pictures(folder: str, kinds: dict[str, odd.Odd], place: Path, quick: bool) -> tuple[list[report.Row], Found]:
    """All rows of the picture files, and what is behind them."""
    told: dict[str, Found] = {}
    for number, (path, kind) in enumerate(kinds.items()):
        plain = f"plain-{number}" if kind.plain is not None else ""
        told[path] = {"expect": kind.expect, "plugin": kind.plugin, "turn": kind.turn, "plain": plain}
    for what in ("truths", "direct", "after"):
        (place / what).mkdir()
        (place / what / "kinds.json").write_text(json.dumps(told))
        for path, kind in kinds.items():
            if kind.plain is not None:
                (place / what / str(told[path]["plain"])).write_bytes(kind.plain)
    found = {what: run(what, folder, place / what) for what in ("truths", "direct", "after")}
    pillow = {each["path"]: each["digest"] for each in found["truths"]["lines"]}
    ours = found["direct"]["lines"]
    wrong = judged(kinds, ours, {each["path"]: each["got"] for each in found["after"]["lines"]}, pillow)
    good = {each["path"] for each in ours if each["got"] == odd.READ}
    bad = {each["path"] for each in ours} - good
    (place / "good.json").write_text(json.dumps(sorted(good)))
    alone = run("way", folder, place / "alone", "alone")
    assert "seen" in alone["lines"][-1], (alone["lines"], ours[:2])
    chosen = ["raise", "skip", "isolate", "cache, a folder"] if quick else list(WAYS)
    each_way = {name: run("way", folder, place / f"way-{number}", name) for number, name in enumerate(chosen)}
    said = {each["path"]: each["said"] for each in ours if each.get("said", "").strip()}
    sound = {path for path in said if path in good and (not kinds or kinds[path].expect != odd.EITHER)}
    chatter = [line for each in (alone, *each_way.values()) for line in each["chatter"]]
    own = [line for line in chatter if any(word in line for word in OWN)]
    crashed = wrong.pop("errors that are not ours")
    crashed += [
        f"{name}: {line['reason']}" for name, each in each_way.items() for line in each["lines"] if "got" in line
    ]
    rows = [
        report.Row("files read", len(good), f"of {len(ours)}"),
        zero("crashes, hangs and errors that are not ours", len(crashed), ""),
        zero(
            "pictures that are not Pillow's to the bit",
            len(wrong["other pixels"]),
            note=f"of {sum(map(bool, pillow.values()))}",
        ),
        zero("sound files over which somebody writes on stderr", len(sound), note="; ".join(sorted(sound))[:300]),
        zero("lines on stderr of errors in threads, of what is left or lost", len(own), "lines"),
        report.Row("other files over which libtiff or Pillow writes on stderr", len(said) - len(sound), "files"),
    ]
    if kinds:
        rows += [zero("files taken otherwise than expected", len(wrong["otherwise than expected"])),
                 zero("sound files that are called broken", len(wrong["sound, called broken"]))]  # fmt: skip
    for number, name in enumerate(chosen):
        rows += way_rows(name, each_way[name], alone["lines"][0], bad, place / f"way-{number}", folder)
    slowest = sorted(((each["seconds"], each["path"]) for each in ours if "seconds" in each), reverse=True)[:3]
    return rows, {"wrong": wrong, "crashed": crashed, "chatter": own, "said": said, "slowest": slowest}


def label_rows(place: Path, quick: bool) -> tuple[list[report.Row], list[str]]:
    """Rows of the label files, and what was not as expected."""
    found = run("labels", "7" if quick else "1", place / "labels")
    lines = found["lines"]
    foreign = [each for each in lines if each["got"] == WRONG]
    other = [each for each in lines if each["got"] not in (WRONG, each["expect"]) and each["expect"] != odd.EITHER]
    read = sum(each["got"] == odd.READ for each in lines)
    rows = [report.Row("label files read", read, f"of {len(lines)}"),
            zero("label files: crashes, hangs and errors that are not ours", len(foreign), ""),
            zero("label files taken otherwise than expected", len(other)),
            zero("label files: lines on stderr that are not ours", len(found["chatter"]), "lines")]  # fmt: skip
    return rows, [*map(json.dumps, foreign + other), *found["chatter"][:50]]


def main() -> None:
    """The pictures that are given or made, in every way; then the label files."""
    args = timing.arguments(__doc__)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder, kinds = args.data, {}
        if folder is None:
            folder = place / "files"
            folder.mkdir()
            kinds = made(folder, args.quick)
        rows, details = pictures(str(folder.resolve()), kinds, place, args.quick)
        more, wrong = label_rows(place, args.quick)
        report.save("corpus", args.out, [*rows, *more], args.quick, **details, labels=wrong)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        what, folder, noted, name = sys.argv[2:]
        child(what, folder, Path(noted), name)
    else:
        main()
