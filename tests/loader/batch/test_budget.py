"""A budget of bytes bounds how many batches are in memory, and what the process takes for them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from variegate.errors import FieldError, VariegateError
from variegate.loader import Arrays, Loader
from variegate.loader.batch.budget import BatchMemory, MemoryBudget
from variegate.loader.decode.indexes import Indexes, Origin
from variegate.ops.resize import Resize
from variegate.pipeline import Compose

MB = 10**6


def test_masks_and_views_count(tmp_path: Path) -> None:
    """Those of samples until the batch is made, those of results as long as they are there."""
    image, mask = np.zeros((8, 100, 100, 3), np.uint8), np.zeros((8, 100, 100), np.uint16)
    made = []
    for fields in ({}, {"mask": mask}):
        source = Arrays(image, fields=fields) if fields else Arrays(image)
        with pytest.raises(VariegateError, match="are needed so far") as told:
            list(Loader(source, Compose([Resize(300)]), batch_size=8, memory="1kB", workers=0))
        made.append(float(re.search(r"and ([0-9.]+) MB are needed", str(told.value))[1]))  # type: ignore[index]
    results = 8 * 300 * 300 * 2
    assert made[1] - made[0] == pytest.approx((3 + 1) * results / MB, abs=0.2)  # in three batches, once more in one


def test_the_sum() -> None:
    budget = MemoryBudget(100 * MB, workers=2)
    budget.see(BatchMemory(slot=10 * MB, files=2 * MB, pixels=5 * MB))
    left = 100 - 2 * 5 - 2 * 10  # less what is decoded into, and the two batches that change hands
    assert budget.fits([(None, False)] * (left // 12)) and not budget.fits([(None, False)] * (left // 12 + 1))
    assert budget.fits([(None, True)] * (left // 10)) and not budget.fits([(None, True)] * (left // 10 + 1))
    assert budget.fits([(BatchMemory(left * MB, 0, 0), True)]) and not budget.fits(
        [(BatchMemory(left * MB, 1, 0), False)]
    )


def test_indexes_have_what_batches_leave() -> None:
    indexes: Indexes[np.ndarray] = Indexes(50 * MB)
    budget = MemoryBudget(100 * MB, workers=2, indexes=indexes)
    budget.see(BatchMemory(slot=10 * MB, files=2 * MB, pixels=5 * MB))
    left = 100 - 2 * 5 - 2 * 10
    most = left // 12
    assert budget.fits([(None, False)] * most)
    for i in range(20):
        indexes.put(Origin(i, None), np.empty(MB, np.uint8))
    assert not budget.fits([(None, False)] * most) and budget.fits([(None, False)] * ((left - 21) // 12))
    budget.see(BatchMemory(slot=20 * MB, files=2 * MB, pixels=5 * MB))  # 28 of 100 MB are left
    assert len(indexes) == 20
    budget.see(BatchMemory(slot=25 * MB, files=2 * MB, pixels=5 * MB))
    assert len(indexes) == indexes.nbytes == 0 and budget.fits([(None, False)])
    indexes.put(Origin(0, None), np.empty(14 * MB, np.uint8))
    assert len(indexes) == 0


def test_what_cannot_fit_is_refused_with_the_sum() -> None:
    source = Arrays(np.zeros((64, 100, 100, 3), np.uint8))
    for workers in (0, 2):
        with pytest.raises(
            VariegateError, match=r"Loader\.memory is 1.0 MB, and 1.5 MB are needed so far: 3 batches of 0.5 MB"
        ):
            list(Loader(source, batch_size=16, memory="1MB", workers=workers))
    assert len(list(Loader(source, batch_size=16, memory="1.53MB"))) == 4


@pytest.mark.parametrize("memory", ["lots", -1, True, "1 parsec"])
def test_what_is_no_size(memory: Any) -> None:
    with pytest.raises(FieldError, match=r"Loader\.memory is a number of bytes"):
        Loader(Arrays(np.zeros((4, 2, 2), np.uint8)), memory=memory)


class Seen(Arrays):
    """Arrays that note what is read."""

    def __init__(self) -> None:
        super().__init__(np.zeros((400, 100, 100, 3), np.uint8))
        self.seen: list[int] = []

    def read(self, i: int) -> np.ndarray:
        self.seen.append(i)
        return super().read(i)


def test_of_what_nothing_is_known_one_batch_is_begun() -> None:
    """Else each worker would read the files of a batch before anybody knows how large they are."""
    budget = MemoryBudget(100 * MB, workers=2)
    assert budget.fits([(None, False)]) and not budget.fits([(None, False)] * 2)


@pytest.mark.parametrize(("memory", "ahead"), [("1MB", 1), ("1.3MB", 2), ("1.6MB", 3), ("1GB", 8)])
def test_the_loader_goes_as_far_ahead_as_fits(memory: str, ahead: int) -> None:
    """A batch of ten is 0.3 MB; two of them are the consumer's."""
    source = Seen()
    batches = Loader(source, batch_size=10, memory=memory, workers=2, shuffle=False).epoch(0)
    kept = []
    for number in range(4):
        kept.append(next(batches))  # what is kept is on top, and changes nothing
        end = time.perf_counter() + 10
        while len(source.seen) < 10 * (number + 1 + ahead) and time.perf_counter() < end:
            time.sleep(0.001)
        time.sleep(0.02)
        assert len(source.seen) == 10 * (number + 1 + ahead)
    batches.close()  # type: ignore[attr-defined]


CHILD = """
import gc, re, sys, threading, time
import psutil
import variegate as vg

folder, memory = sys.argv[1:]
augment = vg.Compose([vg.Rotate((-30, 30)), vg.RandomResizedCrop(96), vg.Normalize(layout="CHW")])
source, me = vg.ImageFolder(folder), psutil.Process()

def run(size, **options):
    for batch in vg.Loader(source, augment, batch_size=size, workers=2, **options):
        time.sleep(0.02)

run(2)  # what is loaded and compiled is not the loader's memory
if memory == "least":
    try:
        run(32, memory="1MB")
    except vg.VariegateError as error:
        memory = 1.01e6 * float(re.search(r"and ([0-9.]+) MB are needed", str(error))[1])
memory = int(memory)
gc.collect()
base, most, over = me.memory_info().rss, 0, threading.Event()

def watch():
    global most
    while not over.wait(0.002):
        most = max(most, me.memory_info().rss)

thread = threading.Thread(target=watch, daemon=True)
thread.start()
run(32, memory=memory)
over.set()
thread.join()
print(most - base, memory)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resident sizes are told apart in this way on Linux")
@pytest.mark.parametrize(
    ("ending", "memory"), [("jpg", 55 * MB), ("jpg", 80 * MB), ("png", "least"), ("webp", "least"), ("bmp", "least")]
)
def test_what_the_process_takes_stays_within(tmp_path: Path, ending: str, memory: int | str, picture: Any) -> None:
    """A batch of 32 results is 3.5 MB; a picture of 1.4 megapixels takes 4.3 MB to decode and 5.8 to filter.

    A PNG with a text, in which an orientation may be, was once decoded when its header was read.
    """
    more: dict[str, Any] = {"jpg": {"quality": 30}, "webp": {"quality": 30, "method": 0}}.get(ending, {})
    if ending == "png":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_text("Comment", "a scan")
    for i in range(96):
        Image.fromarray(picture(1000, 1440, seed=i % 8)).save(tmp_path / f"{i:02}.{ending}", **more)
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    took, allowed = map(int, done.stdout.split())
    assert 15 * MB < took < allowed * 1.05
