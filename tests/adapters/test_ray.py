"""Ray: the rows that a cluster of two nodes makes are those of the loader, whatever becomes of a node."""

from __future__ import annotations

import io
import itertools
import os
import pickle
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import psutil
import pyarrow
import pytest
import ray
import simplejpeg
from PIL import Image

import variegate as vg
import variegate.adapters.ray as vr
from variegate.key import Key
from variegate.loader.decode import Encoded, open_image
from variegate.loader.decode.compilation import COMPILATION

COUNT, SEED, EPOCH, CROP = 60, 5, 2, 96  # five results are then too large for Ray to keep outside of its object store
OPS = [vg.Rotate((-30, 30)), vg.RandomResizedCrop(CROP), vg.HorizontalFlip(p=0.5)]
AUGMENT = vg.Compose([*OPS, vg.Brightness((0.8, 1.2))])
QUICK_DEATH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 4,
}
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20}
LONG = 60.0  # seconds that a task waits for another one, which is under way

Rows = dict[str, Any]
Made = dict[int, Any]


class Cluster:
    """Two nodes of one CPU each; the driver is at the first.

    folder  that both nodes see
    """

    def __init__(self, folder: Path) -> None:
        from ray.cluster_utils import Cluster as Nodes

        self.folder = folder
        self._nodes = Nodes()
        self._nodes.add_node(**NODE, include_dashboard=False, _system_config=QUICK_DEATH, temp_dir=str(folder / "ray"))
        self.restore()
        ray.init(address=self._nodes.address, log_to_driver=False, logging_level="ERROR")
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the nodes cannot import this file
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = False

    def kill_second(self) -> None:
        """By SIGKILL."""
        self._nodes.remove_node(self.second, allow_graceful=False)

    def restore(self) -> None:
        """A second node, once more."""
        self.second = self._nodes.add_node(wait=False, **NODE)
        self._nodes.wait_for_nodes(timeout=2 * LONG)

    def stop(self) -> None:
        """End every process."""
        ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
        ray.shutdown()
        self._nodes.shutdown()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    folder = Path(tempfile.mkdtemp(prefix="vr", dir="/tmp"))  # short: a socket's path has at most 107 characters
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        os.makedirs("/tmp/ray", exist_ok=True)  # where Ray, whatever its temp_dir, writes the address of a cluster
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        made = Cluster(folder)
        try:
            yield made
        finally:
            ours = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
            assert "raylet" in {each.name() for each in ours}
            made.stop()
            _, alive = psutil.wait_procs(ours, timeout=20)
            for each in alive:
                each.kill()
            shutil.rmtree(folder, ignore_errors=True)
            assert not alive, f"left behind: {alive}"


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of many sizes in three classes, JPEG but for a few PNGs."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(COUNT):
        path = root / ("ash", "birch", "cedar")[i % 3] / f"{i:02}{'.png' if i % 9 == 4 else '.jpg'}"
        path.parent.mkdir(exist_ok=True)
        small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        small.resize((60 + i % 7, 50 + i), Image.Resampling.BILINEAR).save(path)
    return root


@pytest.fixture(scope="session")
def source(photos: Path) -> vg.ImageFolder:
    return vg.ImageFolder(photos)


@pytest.fixture(scope="session")
def want(source: vg.ImageFolder) -> Made:
    """What the loader makes of each id."""
    return samples(vg.Loader(source, AUGMENT, batch_size=7, seed=SEED, workers=1).epoch(EPOCH))


def samples(batches: Iterator[Rows]) -> Made:
    """By id: the bytes of the picture, its shape and the label. No id comes twice."""
    made: Made = {}
    for batch in batches:
        for n, id in enumerate(batch["id"].tolist()):
            assert id not in made
            image = np.asarray(batch["image"][n])
            made[id] = image.tobytes(), image.shape, image.dtype.name, batch["label"][n]
    return made


def taken(dataset: Any) -> Made:
    """The same of a data set."""
    return samples(dataset.iter_batches(batch_size=None, batch_format="numpy"))


def rows(source: Any, rows_per_task: int = 5, epoch: int | range = EPOCH, **options: Any) -> Any:
    return vr.rows(source, SEED, epoch, rows_per_task=rows_per_task, **options)


def until(there: Callable[[], bool]) -> None:
    """Wait for other processes, which are under way."""
    end = time.monotonic() + LONG
    while not there():
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.01)


class Seen:
    """A function of the tasks, told which nodes began how many: a file each in a folder that all nodes see."""

    def __init__(self, augment: vr.Augment, folder: Path) -> None:
        self.augment, self.folder = augment, folder
        folder.mkdir()

    def __call__(self, batch: Rows) -> Iterator[Rows]:
        self.begin(ray.get_runtime_context().get_node_id())
        yield from self.augment(batch)

    def begin(self, node: str) -> None:
        """Go on when both nodes have begun: with one CPU each, whoever waits leaves the next task to the other."""
        (self.folder / f"{node}.{time.time_ns()}").touch()
        until(lambda: len(self.nodes()) == 2)

    def nodes(self) -> list[str]:
        return sorted({name.split(".")[0] for name in os.listdir(self.folder) if "." in name})

    def begun(self, node: str) -> int:
        return sum(name.startswith(node) for name in os.listdir(self.folder))


class Doomed(Seen):
    """The same; but the victim stays for ever in its third task, and the other node does no more than three before."""

    def __init__(self, augment: vr.Augment, folder: Path, victim: str) -> None:
        super().__init__(augment, folder)
        self.victim = victim

    def begin(self, node: str) -> None:
        super().begin(node)
        if self.begun(node) < 3:
            return
        if node == self.victim:
            (self.folder / "held").touch()
            Event().wait()
        until((self.folder / "held").exists)


# One process: the law of the bytes.


def test_rows_have_the_bytes_of_the_key(source: vg.ImageFolder) -> None:
    ids, epochs, variations = source.ids[:5], np.array([0, 3, 0, 9, 1]), np.array([0, 0, 4, 1, 0])
    given = {"id": ids, "epoch": epochs, "variation": variations}
    pictures = [vg.Compose([])(np.asarray(Image.open(source.where(i)))) for i in range(5)]
    (made,) = vr.Augment(AUGMENT, seed=8)({**given, "image": objects(pictures)})
    for n in range(5):
        key = Key(8, int(epochs[n]), int(ids[n]), int(variations[n]))
        assert np.array_equal(made["image"][n], AUGMENT(pictures[n], key=key))


@pytest.mark.parametrize("form", ["image", "image as bytes", "image as path", "image as dict", "bytes", "path"])
def test_a_picture_comes_in_many_forms(source: vg.ImageFolder, want: Made, form: str) -> None:
    index = range(0, COUNT, 7)
    data, paths = [source.read(i) for i in index], [source.where(i) for i in index]
    forms = {
        "image": lambda: [open_image(each).decode() for each in data],
        "image as bytes": lambda: data,
        "image as path": lambda: paths,
        "image as dict": lambda: [{"bytes": each, "path": None} for each in data],
        "bytes": lambda: data,
        "path": lambda: paths,
    }
    given = {form.split()[0]: objects(forms[form]()), "id": source.ids[index], "label": source.labels[index]}
    made = list(vr.Augment(AUGMENT, SEED, EPOCH, at_once=4)(given))
    assert [len(each["id"]) for each in made] == [4, 4, 1]
    assert samples(iter(made)) == {id: want[id] for id in source.ids[index].tolist()}
    assert ("bytes" in made[0], "path" in made[0]) == (False, form == "path")


def test_no_row_hangs_on_another(source: vg.ImageFolder, want: Made) -> None:
    rng, augment = np.random.default_rng(1), pickle.loads(pickle.dumps(vr.Augment(AUGMENT, SEED, EPOCH)))
    for _ in range(5):
        index = rng.permutation(COUNT)[: rng.integers(1, COUNT)]
        given = {"id": source.ids[index], "bytes": objects([source.read(i) for i in index])}
        given["label"] = source.labels[index]
        assert samples(augment(given)) == {id: want[id] for id in source.ids[index].tolist()}


def test_no_more_of_a_jpeg_is_decoded_than_is_seen(
    source: vg.ImageFolder, want: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    COMPILATION.compile()
    index = [i for i in range(COUNT) if source.where(i).endswith(".jpg")]
    given = {"id": source.ids[index], "path": objects([source.where(i) for i in index]), "label": source.labels[index]}
    truth = {id: want[id] for id in source.ids[index].tolist()}
    assert samples(vr.Augment(AUGMENT, SEED, EPOCH, jpeg_decoder="turbo")(given)) == truth
    seen = []

    def decoded(self: Encoded, out: Any, window: Any, *rest: Any) -> Any:
        found = by_window(self, out, window, *rest)
        part = np.zeros(self.size, bool)
        part[window[0] : window[1], window[2] : window[3]] = True
        found[~part] = 255 - found[~part]  # what lies outside is of no use
        seen.append(part.mean())
        return found

    opened = type(open_image(source.read(index[0])))
    by_window = opened.decode_window
    monkeypatch.setattr(opened, "decode_window", decoded)
    monkeypatch.setattr(simplejpeg, "decode_jpeg", None)
    assert samples(vr.Augment(AUGMENT, SEED, EPOCH)(given)) == truth
    assert len(seen) == len(index) and np.mean(seen) < 0.8


def test_pictures_of_several_sizes_and_of_one_channel() -> None:
    pictures = [np.full((4 + n, 6), n, np.uint8) for n in range(3)]
    (made,) = vr.Augment(vg.Compose([vg.Transpose()]))({"id": np.arange(3), "image": objects(pictures)})
    assert [each.shape for each in made["image"]] == [(6, 4, 1), (6, 5, 1), (6, 6, 1)]
    (plain,) = vr.Augment(None, image="x")({"id": np.arange(3), "x": np.zeros((3, 4, 6), np.float32)})
    assert plain["x"].shape == (3, 4, 6, 1) and plain["x"].dtype == np.float32


def test_rows_are_made_when_they_are_asked_for() -> None:
    class Asked(dict[str, Any]):
        made = 0

        def get(self, name: str, other: Any = None) -> Any:
            Asked.made += 1
            return super().get(name, other)

    images = objects([Asked(bytes=png(n)) for n in range(100)])
    parts = vr.Augment(AUGMENT, at_once=8)({"id": np.arange(100), "image": images})
    next(parts)
    assert Asked.made == 8


def test_other_columns_are_carried_and_their_dtypes_kept() -> None:
    given = {
        "id": np.arange(2, dtype=np.int64),
        "image": np.zeros((2, 8, 8, 3), np.uint8),
        "label": np.array([3, 4], np.int16),
        "name": objects(["a", "b"]),
        "raw": objects([b"\0", b""]),
        "hot": np.eye(2, 5, dtype=np.float32),
        "tags": objects([["sea", "sun"], []]),
    }
    (made,) = vr.Augment(AUGMENT)(given)
    assert list(made) == ["id", "label", "name", "raw", "hot", "tags", "image"]
    assert all(
        made[name] is given[name] or np.array_equal(made[name], given[name]) for name in given if name != "image"
    )
    assert made["label"].dtype == np.int16 and made["id"].dtype == np.int64


def test_fields_follow_the_pixels(labelled: Any) -> None:
    want, augment = labelled.want(EPOCH), vr.Augment(labelled.augment, 3, EPOCH, at_once=5)
    names = list(labelled.fields(0))
    given = {name: objects([labelled.fields(i)[name] for i in range(len(labelled))]) for name in names}
    made = list(augment({"id": np.arange(len(labelled)), "image": labelled.images, **given}))
    for i, each in enumerate(each for part in made for each in unstacked(part)):
        assert_same(each, want[i])


def test_fields_of_a_padded_row(labelled: Any) -> None:
    form = vg.Padded(most=4)
    loader = labelled.loader("boxes", "labels", shuffle=False, collate=form)
    given = {name: objects([labelled.fields(i)[name] for i in range(len(labelled))]) for name in ("boxes", "labels")}
    augment = vr.Augment(labelled.augment, 3, EPOCH, collate=form, at_once=6)
    made = list(augment({"id": np.arange(len(labelled)), "image": labelled.images, **given}))
    for name in ("image", "boxes", "labels", "instances"):
        ours, theirs = (np.concatenate([batch[name] for batch in each]) for each in (made, loader.epoch(EPOCH)))
        assert ours.shape[1] == (CROP if name == "image" else 4) or name == "image"
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"id": None}, "rows need a column `id`"),
        ({"image": None}, "rows need their pictures in 'image', `bytes` or `path`"),
        ({"id": np.array([-1])}, "Keys.id holds integers from 0"),
        ({"id": np.array(["a"])}, "Keys.id holds integers from 0"),
        ({"boxes": np.zeros((1, 2, 4))}, 'unknown field boxes: .* targets={"boxes": Boxes'),
        ({"classes": [[3, 7]]}, 'unknown field classes: .* targets={"classes": PerInstance'),
        ({"objects": np.array([{"bbox": [[1, 2, 3, 4]]}])}, "unknown field objects"),
        ({"label": np.full((1, 2, 4), 3)}, r"a sample has a ndarray \(2, 4\) beside its picture.*'label'"),
        ({"label": np.array([{"x": 3, "y": 4}])}, "a sample has a dict .* beside its picture"),
        ({"image": np.full((1, 4, 4, 3), 0.1)}, "a picture is uint8, uint16 or float32"),
        ({"image": np.zeros(1)}, "the bytes of a file or its path; got float64"),
    ],
)
def test_what_cannot_be_taken(columns: Rows, text: str) -> None:
    given = {"id": np.array([7]), "image": np.zeros((1, 4, 4, 3), np.uint8), **columns}
    with pytest.raises(vg.InputError, match=text):
        list(vr.Augment(AUGMENT)({name: value for name, value in given.items() if value is not None}))


def test_pictures_of_several_kinds_make_no_batch() -> None:
    pictures = objects([np.zeros((4, 4, bands), np.uint8) for bands in (3, 1)])
    said = r"one number of channels and one dtype: .*\b7\b.* has 3 uint8, .*\b9\b.* has 1 uint8$"
    with pytest.raises(vg.InputError, match=said):
        list(vr.Augment(AUGMENT)({"id": np.array([7, 9]), "image": pictures}))


def test_arguments_that_cannot_be(source: vg.ImageFolder) -> None:
    refused: list[tuple[type[Exception], Callable[[], Any]]] = [
        (vg.FieldError, lambda: vr.Augment(vg.Rotate(10))),  # type: ignore[arg-type]
        (vg.FieldError, lambda: vr.Augment(AUGMENT, at_once=0)),
        (vg.FieldError, lambda: vr.Augment(AUGMENT, collate=vg.Padded())),
        (vg.FieldError, lambda: vr.Augment(AUGMENT, collate="pad")),  # type: ignore[arg-type]
        (vg.FieldError, lambda: vr.Augment(AUGMENT, jpeg_decoder="fast")),  # type: ignore[arg-type]
        (vg.InputError, lambda: vr.Augment(AUGMENT, epoch=-1)),
        (vg.SourceError, lambda: vr.rows("photos")),
        (vg.SourceError, lambda: vr.rows([])),
        (vg.FieldError, lambda: vr.rows(source, epoch=range(0))),
        (vg.FieldError, lambda: vr.rows(source, rows_per_task=0)),
        (vg.InputError, lambda: vr.rows(source, epoch=2**32)),
    ]
    for kind, call in refused:
        with pytest.raises(kind):
            call()


def test_an_error_says_which_row_it_was(tmp_path: Path) -> None:
    given: Rows = {"id": np.arange(2), "bytes": objects([png(0), b"no picture"])}
    with pytest.raises(vg.DecodeError, match="the row with id 1: cannot be decoded"):
        list(vr.Augment(AUGMENT)(given))
    with pytest.raises(vg.DecodeError, match=r"b\.png: cannot be decoded"):
        list(vr.Augment(AUGMENT)({**given, "path": objects(["a.png", "b.png"])}))
    with pytest.raises(vg.InputError) as error:
        list(vr.Augment(AUGMENT)({"id": np.array([9]), "image": np.zeros((1, 4, 4, 3), np.int64)}))
    assert error.value.__notes__ == ["variegate: this was in making the row with id 9"]


# Two nodes.


def test_two_nodes_make_what_the_loader_makes(cluster: Cluster, source: Any, want: Made) -> None:
    seen = Seen(vr.Augment(AUGMENT, SEED), cluster.folder / "both")
    made = taken(rows(source).map_batches(seen, batch_format="numpy"))
    assert cluster.second.node_id in seen.nodes()
    assert made == want and len(made) == COUNT


def test_a_node_dies_in_the_middle(cluster: Cluster, source: Any, want: Made) -> None:
    victim = cluster.second.node_id
    seen = Doomed(vr.Augment(AUGMENT, SEED), cluster.folder / "doomed", victim)
    dataset = rows(source).map_batches(seen, batch_format="numpy")
    begun: list[int] = []

    def kill() -> None:
        until((seen.folder / "held").exists)
        begun.extend(seen.begun(node) for node in seen.nodes())
        cluster.kill_second()

    killer = Thread(target=kill)
    killer.start()
    try:
        made = taken(dataset.materialize())
    finally:
        killer.join()
        cluster.restore()
    (other,) = set(seen.nodes()) - {victim}
    assert sum(begun) < COUNT // 5  # most blocks were to come when it died; it had made two, and was at a third
    assert seen.begun(victim) == 3 and seen.begun(other) >= COUNT // 5  # which made also those two again
    assert made == want


def test_blocks_order_and_actors_change_nothing(cluster: Cluster, source: Any, want: Made) -> None:
    augment = vr.Augment(AUGMENT, SEED, at_once=3)
    assert taken(rows(source, 17).map_batches(augment, batch_format="numpy", batch_size=4)) == want
    shuffled = rows(source, 30, shuffle=False).random_shuffle(seed=1)
    assert taken(shuffled.map_batches(augment, batch_format="numpy", batch_size=9)) == want
    pool = ray.data.ActorPoolStrategy(size=1)
    options = {"fn_constructor_args": (AUGMENT,), "fn_constructor_kwargs": {"seed": SEED}, "compute": pool}
    assert taken(rows(source, 20).map_batches(vr.Augment, batch_format="numpy", **options)) == want


@pytest.mark.parametrize("way", ["sort", "preserve_order"])
def test_rows_can_be_had_in_the_loaders_order(
    cluster: Cluster, source: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = vg.Loader(source, AUGMENT, batch_size=16, seed=SEED, workers=0)
    theirs = [sample for epoch in (3, 4) for batch in loader.epoch(epoch) for sample in unstacked(batch)]
    monkeypatch.setattr(ray.data.DataContext.get_current().execution_options, "preserve_order", way != "sort")
    dataset = rows(source, 25, range(3, 5)).map_batches(vr.Augment(AUGMENT, SEED), batch_format="numpy")
    dataset = dataset.sort(["epoch", "place"]) if way == "sort" else dataset
    ours = list(itertools.chain(*map(unstacked, dataset.iter_batches(batch_size=10, batch_format="numpy"))))
    assert [row["epoch"] for row in ours] == [3] * COUNT + [4] * COUNT
    assert [row["place"] for row in ours] == [*range(COUNT)] * 2
    for mine, theirs_ in zip(ours, theirs, strict=True):
        assert mine["path"] == source.where(mine["index"])
        assert_same({name: mine[name] for name in theirs_}, theirs_)


@pytest.mark.parametrize("size", [None, 100])
def test_a_source_with_fields(cluster: Cluster, labelled: Any, size: int | None) -> None:
    want, source = labelled.want(EPOCH), labelled.source()
    augment = vr.Augment(vg.Compose(labelled.augment.ops), 3, targets=source.targets, at_once=4)
    dataset = vr.rows(source, 3, EPOCH, rows_per_task=7).map_batches(augment, batch_format="numpy")
    made = [row for batch in dataset.iter_batches(batch_size=size, batch_format="numpy") for row in unstacked(batch)]
    assert sorted(row["id"] for row in made) == list(range(len(labelled)))
    for row in made:
        assert_same({name: row[name] for name in want[0]}, want[row["id"]])


def test_a_source_of_items(cluster: Cluster, labelled: Any) -> None:
    items = [(image, n % 3) for n, image in enumerate(labelled.images)]
    want = samples(vg.Loader(items, AUGMENT, seed=SEED, workers=0).epoch(EPOCH))
    assert taken(rows(items).map_batches(vr.Augment(AUGMENT, SEED), batch_format="numpy")) == want


def test_rows_of_nested_lists(cluster: Cluster, labelled: Any) -> None:
    names, ids = ("boxes", "labels", "names", "points"), range(len(labelled))
    columns = {name: [np.asarray(labelled.fields(i)[name]).tolist() for i in ids] for name in names}
    table = pyarrow.table({"id": list(ids), "bytes": list(map(png, labelled.images)), **columns})
    dataset = ray.data.from_arrow([table[:9], table[9:]])
    made = dataset.map_batches(vr.Augment(labelled.augment, 3, EPOCH), batch_format="numpy").take_all()
    assert sorted(row["id"] for row in made) == list(ids)
    for row in made:
        fields = {name: columns[name][row["id"]] for name in names}
        want = labelled.augment(image=labelled.images[row["id"]], key=Key(3, EPOCH, row["id"]), **fields)
        assert all(np.array_equal(row[name], want[name]) for name in (*names, "image"))


def test_pictures_of_several_sizes_in_one_batch(cluster: Cluster, source: Any) -> None:
    dataset = rows(source, 1).map_batches(vr.Augment(vg.Compose([vg.HorizontalFlip()])), batch_format="numpy")
    (batch,) = dataset.iter_batches(batch_size=COUNT, batch_format="numpy")
    for row in unstacked(batch):
        picture = open_image(source.where(row["index"])).decode()
        assert np.array_equal(row["image"], picture[:, ::-1])


@pytest.mark.parametrize("size", [(121, 161), (5, 7)], ids=["large", "small"])
def test_a_grey_picture_that_ray_padded_is_told(cluster: Cluster, tmp_path: Path, size: tuple[int, int]) -> None:
    """In one block with coloured ones; a small one passed as one row of seven channels."""
    Image.fromarray(np.zeros((*size, 3), np.uint8)).save(tmp_path / "colour.png")
    Image.fromarray(np.zeros(size, np.uint8)).save(tmp_path / "grey.png")

    def numbered(batch: Rows) -> Rows:
        return {**batch, "id": np.arange(len(batch["image"]))}

    def made(mode: str | None) -> list[Any]:
        pictures = ray.data.read_images(str(tmp_path), mode=mode, include_paths=True, override_num_blocks=1)
        augment = vr.Augment(vg.Compose([vg.HorizontalFlip()]), at_once=1)
        return pictures.map_batches(numbered).map_batches(augment, batch_format="numpy").take_all()  # type: ignore[no-any-return]

    with pytest.raises(ray.exceptions.RayTaskError) as error:
        made(None)
    said = rf'grey.png is an array \(1, {size[0]}, {size[1]}\), one row of .* ray.data.read_images\(..., mode="RGB"\)'
    assert re.search(said, str(error.value))
    assert [row["image"].shape for row in made("RGB")] == [(*size, 3)] * 2


def test_a_narrow_grey_picture_that_ray_padded_is_told(cluster: Cluster, tmp_path: Path) -> None:
    """It looks like one row of coloured pixels, for all that is to be seen of it alone."""
    Image.fromarray(np.zeros((12, 16, 3), np.uint8)).save(tmp_path / "colour.png")
    Image.fromarray(np.zeros((12, 3), np.uint8)).save(tmp_path / "narrow.png")

    def numbered(batch: Rows) -> Rows:
        return {**batch, "id": np.arange(len(batch["image"]))}

    def made(mode: str | None = None, at: str = "") -> list[Any]:
        pictures = ray.data.read_images(str(tmp_path / at), mode=mode, override_num_blocks=1)
        augment = vr.Augment(vg.Compose([vg.HorizontalFlip()]), at_once=1)
        return pictures.map_batches(numbered).map_batches(augment, batch_format="numpy").take_all()  # type: ignore[no-any-return]

    with pytest.raises(ray.exceptions.RayTaskError) as error:
        made()
    assert re.search(r"image has an array \(1, 12, 3\) beside others .* a grey picture \(12, 3\)", str(error.value))
    assert sorted(row["image"].shape for row in made("RGB")) == [(12, 3, 3), (12, 16, 3)]
    assert [row["image"].shape[:2] for row in made(at="narrow.png")] == [(12, 3)]


def test_pictures_of_one_row_alone_are_taken() -> None:
    rows = {"id": np.arange(2), "image": objects([np.zeros((1, 5, 3), np.uint8), np.zeros((1, 9, 3), np.uint8)])}
    (made,) = vr.Augment()(rows)
    assert [image.shape for image in made["image"]] == [(1, 5, 3), (1, 9, 3)]


def test_a_padded_view_is_told_too() -> None:
    targets = {"depth": vg.Image()}
    given = {"id": np.array([7]), "image": np.zeros((1, 4, 9, 3), np.uint8), "depth": np.zeros((1, 1, 4, 9), np.uint8)}
    with pytest.raises(vg.InputError, match=r"^depth is an array .* one row of 9 channels: as Ray gives"):
        list(vr.Augment(AUGMENT, targets=targets)(given))


def test_a_bad_file_is_named(cluster: Cluster, photos: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(photos, tmp_path / "photos"))
    bad = folder / "birch" / "07.jpg"
    bad.write_bytes(bad.read_bytes()[:200])
    with pytest.raises(ray.exceptions.RayTaskError) as error:
        taken(rows(vg.ImageFolder(folder), 30).map_batches(vr.Augment(AUGMENT, SEED), batch_format="numpy"))
    assert f"DecodeError: {bad}: cannot be decoded" in str(error.value)


def test_samples_with_other_fields_are_named(cluster: Cluster) -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    for second, text in (
        ({"image": image}, "has no field 'boxes'"),
        ({"image": image, "place": 1}, "the name 'place' is taken"),
    ):
        items = [{"boxes": [], **second}, second] if "place" not in second else [second]
        with pytest.raises(ray.exceptions.RayTaskError, match=text):
            rows(items, shuffle=False).materialize()


def objects(values: list[Any]) -> np.ndarray:
    """A column of anything."""
    column = np.empty(len(values), object)
    for n, value in enumerate(values):
        column[n] = value
    return column


def unstacked(batch: Rows) -> list[Rows]:
    """The rows of a batch."""
    return [{name: values[n] for name, values in batch.items()} for n in range(len(batch["id"]))]


def png(image: np.ndarray | int) -> bytes:
    """A file of a picture, or of a little one of one level."""
    file = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), image, np.uint8) if isinstance(image, int) else image).save(file, "png")
    return file.getvalue()


def assert_same(ours: Any, theirs: Any) -> None:
    """The same numbers, of one dtype and shape; lists may have become arrays."""
    if isinstance(theirs, dict):
        for name in theirs:
            assert_same(ours[name], theirs[name])
    elif isinstance(theirs, np.ndarray) and theirs.dtype != object:
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape and np.array_equal(ours, theirs)
    elif isinstance(theirs, list | np.ndarray):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    else:
        assert ours == theirs


def test_rows_of_a_pipeline_that_mixes_are_those_of_a_loader(cluster: Cluster, source: vg.ImageFolder) -> None:
    """Where tasks begin in the middle of a block, and where an epoch ends, too."""
    augment = vg.Compose([vg.RandomResizedCrop(16), vg.MixUp(1.0), vg.CutMix(p=0.5)])
    loader, epochs = vg.Loader(source, augment, batch_size=7, seed=SEED, workers=1), range(EPOCH, EPOCH + 2)
    want = [(epoch, each) for epoch in epochs for each in sorted(mixed(loader.epoch(epoch)))]
    made = vr.rows(source, SEED, epochs, rows_per_task=17, augment=augment)
    parts = {epoch: [] for epoch in epochs}
    for batch in made.iter_batches(batch_size=None, batch_format="numpy"):
        for n, epoch in enumerate(batch["epoch"].tolist()):
            parts[epoch].append({name: values[n : n + 1] for name, values in batch.items()})
    assert [(epoch, each) for epoch in epochs for each in sorted(mixed(iter(parts[epoch])))] == want
    with pytest.raises(vg.FieldError, match=r"rows\.augment is a Compose or None"):
        vr.rows(source, augment=vg.MixUp())


def mixed(batches: Iterator[Rows]) -> Iterator[tuple[int, bytes, bytes]]:
    """Of each sample the id, the picture and the row of classes."""
    for batch in batches:
        for n, own in enumerate(batch["id"].tolist()):
            yield own, np.asarray(batch["image"][n]).tobytes(), np.asarray(batch["label"][n]).tobytes()
