"""2,000 damaged JPEGs and PNGs among good ones, under each policy: what is listed, what changes, what is left."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import broken
import mixed
import report
import timing

POLICIES = ("raise", "skip", "replace")
LIMIT = 1200.0  # seconds after which a process is taken to hang
Found = dict[str, Any]


def resident() -> float:
    """Megabytes (1e6 bytes) of this process in memory now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def handles() -> int:
    """Open files of this process."""
    return len(os.listdir("/proc/self/fd"))


def peak() -> float:
    """Megabytes that this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def direct(folder: str) -> Found:
    """Every file by the decoder alone: which it refuses, and how long and how much the worst took."""
    from variegate.errors import DecodeError
    from variegate.loader.decode import open_image

    refused, wrong, seconds = [], [], {}
    for path in sorted(Path(folder).iterdir()):
        begun = time.perf_counter()
        try:
            open_image(path).decode()
        except DecodeError:
            refused.append(str(path))
        except Exception as error:
            wrong.append(f"{path.name}: {type(error).__name__}: {error}")
        seconds[path.name] = time.perf_counter() - begun
    return {"refused": refused, "wrong": wrong, "slowest": max(seconds.values()), "peak": peak()}


def loader(folder: str, policy: str, alone: bool, quarantine: str | None) -> Any:
    """Two workers; a batch of one where the first bad sample ends the pass, so that each is met."""
    import variegate as vg
    from variegate.loader import ImageFolder, Subset
    from variegate.loader.policy import OnError

    source: Any = ImageFolder(folder, labelled=False)
    if alone:
        source = Subset(source, [i for i, path in enumerate(source.paths) if mixed.kind_of(path) is None])
    augment = vg.Compose([vg.Rotate((-20, 20)), vg.RandomResizedCrop(48), vg.HorizontalFlip(p=0.5)])
    rule = OnError(policy, max_errors=None, quarantine=None if policy == "raise" else quarantine)
    return vg.Loader(source, augment, 1 if policy == "raise" else 32, workers=2, on_error=rule)


def whole(stream: Any, epoch: int, refused: Counter[str]) -> Iterator[dict[str, Any]]:
    """The batches of an epoch; after an error, those behind it. Adds the paths of the errors."""
    from variegate.errors import DecodeError

    position = 0
    while position < len(stream.source):
        try:
            for batch in stream.epoch(epoch, position):
                position += stream.batch_size
                yield batch
            return
        except DecodeError as error:
            if stream.on_error.policy != "raise":
                raise
            refused[error.path] += 1
            position += stream.batch_size


def passes(folder: str, policy: str, alone: bool, count: int, quarantine: str) -> Found:
    """So many epochs: a digest of every good sample's bytes, what was refused, and what is left after each.

    Digests go to a file, and refusals are counted, lest this grows by what it notes.
    """
    stream = loader(folder, policy, alone, quarantine)
    refused: Counter[str] = Counter()
    left: list[tuple[float, int, int]] = []
    samples = 0
    digests = open(f"{quarantine}.digests", "w")  # noqa: SIM115
    for epoch in range(count):
        for batch in whole(stream, epoch, refused):
            images, samples = batch["image"], samples + len(batch["id"])
            variations = batch.get("variation", [0] * len(images))
            for image, number, variation in zip(images, batch["id"], variations, strict=True):
                if not variation:
                    digests.write(f"{epoch}/{number} {blake2b(image.tobytes(), digest_size=8).hexdigest()}\n")
        batch = images = image = None
        left.append((resident(), threading.active_count(), handles()))
    digests.close()
    return {"refused": refused, "left": left, "samples": samples, "peak": peak()}


def run(folder: Path, what: str, count: int, quarantine: Path) -> Found:
    """One process; what it found, or how it ended if not well."""
    command = [sys.executable, __file__, "--child", str(folder), what, str(count), str(quarantine)]
    begun = time.monotonic()
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT + 60)
    except subprocess.TimeoutExpired:
        return {"failed": f"{what}: it hung"}
    if ran.returncode:
        return {"failed": f"{what}: it ended with {ran.returncode}: {ran.stderr[-1500:]}"}
    found: Found = json.loads(ran.stdout.splitlines()[-1])
    noted = Path(f"{quarantine}.digests")
    if noted.exists():
        found["digests"] = dict(line.split() for line in noted.read_text().splitlines())
    return {**found, "seconds": time.monotonic() - begun}


def child(folder: str, what: str, count: int, quarantine: str) -> None:
    """The process of `run`."""
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    alone = what == "alone"
    found = direct(folder) if what == "direct" else passes(folder, "skip" if alone else what, alone, count, quarantine)
    print(json.dumps(found))


def misses(found: Found, quarantine: Path, policy: str, expected: set[str], epochs: int) -> list[str]:
    """The files that are listed though they should not be, not at all, or more than once."""
    if policy == "raise":  # as often as there were epochs
        times, once = Counter(found["refused"]), epochs
    else:
        lines = quarantine.read_text().splitlines() if quarantine.exists() else []
        times, once = Counter(json.loads(line)["path"] for line in lines), 1
    return [path for path in expected | set(times) if times[path] != (once if path in expected else 0)]


def changed(found: Found, alone: Found) -> int:
    """How many good samples are not there or have other bytes than without the damaged ones."""
    return sum(found["digests"].get(key) != value for key, value in alone["digests"].items())


def policy_rows(policy: str, found: Found, alone: Found, missed: list[str]) -> list[report.Row]:
    """What is asked of each policy."""
    (first, threads, files), *_, (last, threads_after, files_after) = found["left"][1:]
    growth, count = last - first, len(found["left"])
    spare = max(threads_after - threads, 0) + max(files_after - files, 0)
    note = f"peak {found['peak']:.0f} MB, {found['samples']} samples in {found['seconds']:.0f} s"
    asked = {
        "files listed wrongly, twice or not at all": (len(missed), "files", 0),
        f"good samples with other bytes, of {len(alone['digests'])}": (changed(found, alone), "samples", 0),
        f"growth of the resident size, pass 2 to {count}": (growth, "MB", 5),
        f"threads and file handles more after pass {count} than after pass 2": (spare, "", 0),
    }
    return [
        report.Row(f"{policy}: {name}", value, unit, reach=reach, better="less", note=note if unit == "MB" else "")
        for name, (value, unit, reach) in asked.items()
    ]


def unseen(folder: Path, refused: set[str]) -> tuple[report.Row, list[report.Row]]:
    """Which damaged files decode without complaint, by kind."""
    by_kind: dict[str, list[bool]] = {name: [] for name in broken.KINDS}
    for path in folder.iterdir():
        kind = mixed.kind_of(str(path))
        if kind is not None:
            by_kind[kind].append(str(path) not in refused)
    rows = [
        report.Row(name, 100 * sum(marks) / len(marks), "%", note=f"of {len(marks)} files")
        for name, marks in sorted(by_kind.items(), key=lambda each: -sum(each[1]))
        if any(marks)
    ]
    every = [mark for marks in by_kind.values() for mark in marks]
    note = "by kind below; kinds that are not there are always refused"
    return report.Row(
        "damaged files that decode without complaint", 100 * sum(every) / len(every), "%", note=note
    ), rows


def main() -> None:
    """A process for the decoder alone, one for the good files alone, and one for each policy."""
    args = timing.arguments(__doc__)
    bad, fine, count = (340, 400, 3) if args.quick else (2000, 3000, 5)
    folder = mixed.folder(bad, fine)
    with tempfile.TemporaryDirectory() as place:
        lists = {what: Path(place) / f"{what}.jsonl" for what in ("direct", "alone", *POLICIES)}
        found = {what: run(folder, what, count, path) for what, path in lists.items()}
        failed = [each["failed"] for each in found.values() if "failed" in each]
        print(*failed, sep="\n", file=sys.stderr)
        assert not {"direct", "alone"} & {what for what, each in found.items() if "failed" in each}
        wrong = found["direct"]["wrong"]
        rows = [report.Row("crashes, hangs and errors that are no DecodeError", len(failed) + len(wrong), "", reach=0,
                           better="less")]  # fmt: skip
        refused = set(found["direct"]["refused"])
        for policy in (each for each in POLICIES if "failed" not in found[each]):
            missed = misses(found[policy], lists[policy], policy, refused, count)
            rows += policy_rows(policy, found[policy], found["alone"], missed)
    share, kinds = unseen(folder, refused)
    spoiled = [path for path in refused if mixed.kind_of(path) is None]
    rows += [report.Row("good files that are refused", len(spoiled), "files", reach=0, better="less"), share]
    decoder = {name: found["direct"][name] for name in ("slowest", "peak", "wrong")}
    report.save("damage", args.out, rows, args.quick, figures=kinds, failed=failed, decoder=decoder)


if __name__ == "__main__":
    if "--child" in sys.argv:
        folder, what, count, quarantine = sys.argv[2:]
        child(folder, what, int(count), quarantine)
    else:
        main()
