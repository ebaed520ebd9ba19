"""Handles that are lacking while a source is made, or a process for isolate=True, are waited for, then told of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import TAKE_HANDLES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are Unix's")


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


MAKING = (
    TAKE_HANDLES
    + """
import os, resource, sys, threading, tarfile
import variegate as vg
from variegate.loader import transient
import pyarrow.parquet, yaml

root, comes_back = sys.argv[1:]
os.chdir(root)
made = [
    lambda: vg.ImageFolder(".", labelled=False), lambda: vg.WebDataset("a.tar"), lambda: vg.WebDataset("*.tar"),
    lambda: vg.Manifest("a.csv"), lambda: vg.Manifest("b.parquet"), lambda: vg.Parquet("a.parquet"),
    lambda: vg.YoloFolder("im", "labels", "data.yaml"), lambda: vg.CocoJson("im", "a.json"),
    lambda: vg.VocFolder("voc", "all"),
]
lengths = [len(make()) for make in made]
limit = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, limit[1]))
if comes_back == "no":
    transient.PAUSES = (0.01,) * 8
for make, length in zip(made, lengths):
    if os.path.exists("a.tar.variegate"):
        os.remove("a.tar.variegate")
    free = take_handles()
    if comes_back == "yes":
        threading.Timer(0.2, free).start()
    try:
        assert len(make()) == length and comes_back == "yes"
        print("made")
    except vg.ResourceError as error:
        free()
        print("ulimit -n" in str(error))
"""
)


@pytest.mark.parametrize("comes_back", ["yes", "no"])
def test_handles_are_waited_for_while_a_source_is_made(tmp_path: Path, comes_back: str) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("yaml")
    photo = tmp_path / "00.jpg"
    Image.fromarray(np.zeros((20, 24, 3), np.uint8)).save(photo)
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        file.add(photo, "0.jpg")
    pq.write_table(pa.table({"image": [photo.read_bytes()]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"path": ["00.jpg"]}), tmp_path / "b.parquet")
    (tmp_path / "a.csv").write_text("path\n00.jpg\n")
    for folder in ("im", "labels", "voc/JPEGImages", "voc/Annotations", "voc/ImageSets/Main"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("im", "voc/JPEGImages"):
        shutil.copy(photo, tmp_path / folder / "0.jpg")
    (tmp_path / "labels" / "0.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "data.yaml").write_text("names: [a]\n")
    (tmp_path / "a.json").write_text(
        '{"images": [{"id": 1, "file_name": "0.jpg", "width": 24, "height": 20}], "annotations": [], '
        '"categories": [{"id": 1, "name": "a"}]}'
    )
    (tmp_path / "voc/Annotations/0.xml").write_text("<annotation/>")
    (tmp_path / "voc/ImageSets/Main/all.txt").write_text("0\n")
    out = run(MAKING, str(tmp_path), comes_back)
    assert out.split() == (["made"] if comes_back == "yes" else ["True"]) * 9


ISOLATED = (
    TAKE_HANDLES
    + """
import os, resource, sys, threading
import numpy as np
import variegate as vg
from variegate.loader import transient

comes_back, begun = sys.argv[1:]
if __name__ == "__main__":
    loader = vg.Loader(vg.Arrays(np.zeros((12, 400, 400, 3), np.uint8)), batch_size=2, isolate=True, on_error="skip")
    batches = iter(loader)
    count = len(next(batches)["index"]) if begun == "begun" else 0
    free = take_handles()
    if comes_back == "yes":
        threading.Timer(0.3, free).start()
    else:
        transient.PAUSES = (0.01,) * 8
    kept = []
    try:
        if begun == "begun":
            batches = iter(loader)
            count = 0
        for batch in batches:
            kept.append(batch)
            count += len(batch["index"])
        print(count)
    except vg.ResourceError as error:
        free()
        print("ulimit -n" in str(error) and "isolate=True" in str(error))
    loader.close()
"""
)


@pytest.mark.parametrize("begun", ["begun", "not"])
@pytest.mark.parametrize("comes_back", ["yes", "no"])
def test_a_process_waits_for_its_handles(comes_back: str, begun: str) -> None:
    assert run(ISOLATED, comes_back, begun).split() == ["12" if comes_back == "yes" else "True"]


def test_handles_that_cannot_be_received_are_told_of() -> None:
    """The system drops them, with a mark at the message."""
    script = """
import os, resource
from variegate.errors import ResourceError
from variegate.loader.isolate.channel import Channel
import socket
one, other = Channel.pair()
other = Channel(other)
one.send("batch", (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    os.close(held.pop())
try:
    print(other.receive())
except ResourceError as error:
    print("ulimit -n" in str(error))
os.dup(0)  # the one that came was closed
"""
    assert run(script).split() == ["True"]
