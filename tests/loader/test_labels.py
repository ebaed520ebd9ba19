"""Labels in batches: of workers and batch size they know nothing, and source and pipeline agree on what they are."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pytest

import variegate as vg
from variegate import targets
from variegate.errors import FieldError, InputError
from variegate.key import Key
from variegate.loader import Arrays, Loader, Padded, Source
from variegate.ops.crop import RandomCrop
from variegate.ops.flip import HorizontalFlip
from variegate.ops.rotate import Rotate
from variegate.pipeline import Compose
from variegate.targets import (
    Boxes,
    Image,
    Keypoints,
    Mask,
    OrientedBoxes,
    PerInstance,
    PerSample,
    Polygons,
    Target,
    Targets,
)
from variegate.targets.agreed import agreed
from variegate.targets.names import RESERVED

N, H, W = 23, 40, 50
TARGETS = Targets(
    boxes=Boxes("coco"),
    labels=PerInstance(),
    names=PerInstance(),
    points=Keypoints("xyv"),
    polygons=Polygons(),
    masks=Mask(stack=True),
    mask=Mask(ignore_index=9),
    view=Image(),
    number=PerSample(),
)
OPS = [Rotate((-40, 40)), RandomCrop(24), HorizontalFlip(p=0.5)]
FILTERED = Compose(OPS, targets={"boxes": Boxes("coco", min_visible=0.5)})


def sample(i: int) -> dict[str, Any]:
    """The fields of sample i, with 0 to 4 instances."""
    rng, count = np.random.default_rng(i), i % 5
    corner, side = rng.integers(0, 25, (count, 2)), rng.integers(5, 15, (count, 2))
    x, y, w, h = (column.astype(np.float32) for column in np.concatenate([corner, side], axis=1).T)
    masks = np.zeros((count, H, W), bool)
    for n in range(count):
        masks[n, int(y[n]) : int(y[n] + h[n]), int(x[n]) : int(x[n] + w[n])] = True
    return {
        "boxes": np.stack([x, y, w, h], axis=1),
        "labels": np.arange(count) + 10 * i,
        "names": [f"{i}.{n}" for n in range(count)],
        "points": np.stack([np.stack([x, y, x * 0 + 2], axis=1)] * 3, axis=1),
        "polygons": [[np.array([[a, b], [a + c, b], [a + c, b + d], [a, b + d]])] for a, b, c, d in zip(x, y, w, h)],  # noqa: B905
        "masks": masks,
        "mask": rng.integers(0, 9, (H, W), np.uint8),
        "view": rng.random((H, W), np.float32),
        "number": i,
    }


def source(*names: str, targets: Any = TARGETS, count: int = N) -> Arrays:
    """Pictures with these fields."""
    samples = [sample(i) for i in range(count)]
    images = np.random.default_rng(0).integers(0, 256, (count, H, W, 3), np.uint8)
    some = targets and Targets.of({name: targets[name] for name in names})
    return Arrays(images, fields={name: [one[name] for one in samples] for name in names}, targets=some)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal, arrays in dtype and bytes."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    a, b = (one.item() if isinstance(one, np.generic) else one for one in (a, b))  # of numbers a sample
    return type(a) is type(b) and bool(a == b)


def by_id(loader: Loader, epoch: int = 0) -> dict[int, dict[str, Any]]:
    """All fields of every sample."""
    found = {}
    for batch in loader.epoch(epoch):
        for n, i in enumerate(batch["id"].tolist()):
            found[i] = {name: batch[name][n] for name in batch}
    return found


# What comes out


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_labels_hang_on_neither_workers_nor_batch_size(workers: int, batch_size: int) -> None:
    data = source(*sample(0))
    loader = Loader(data, FILTERED, batch_size, seed=5, workers=workers)
    got, want = by_id(loader, 3), by_id(Loader(data, FILTERED, 7, seed=5, workers=0, shuffle=False), 3)
    assert set(got) == set(range(N))
    assert all(same(got[i][name], want[i][name]) for i in want for name in want[i])
    again = Loader(data, FILTERED, batch_size, seed=5, workers=0).batch(3, 0)
    assert all(same(again[name][0], got[int(again["id"][0])][name]) for name in again)


def test_a_batch_is_the_pipeline_on_each_sample() -> None:
    pipeline = Compose(OPS, targets={**dict(TARGETS.fields), "boxes": Boxes("coco", min_visible=0.5)})
    data = source(*sample(0))
    for i, got in by_id(Loader(data, FILTERED, 6, seed=5, workers=2), 2).items():
        want = pipeline(image=data.images[i], **sample(i), key=Key(5, 2, i))
        assert all(same(got[name], want[name]) for name in want), i


def test_the_forms_of_a_batch() -> None:
    data = source(*sample(0))
    (listed,) = Loader(data, FILTERED, N, seed=5, workers=2).epoch(0)
    assert listed["image"].shape == (N, 24, 24, 3)
    assert listed["mask"].shape == listed["view"].shape == (N, 24, 24)
    assert (listed["mask"].dtype, listed["view"].dtype) == (np.uint8, np.float32)
    for name in ("boxes", "labels", "names", "points", "polygons", "masks"):
        assert isinstance(listed[name], list) and [len(a) for a in listed[name]] == [len(a) for a in listed["boxes"]]
    assert np.array_equal(listed["number"], listed["index"]) and listed["number"].dtype == np.int64

    (padded,) = Loader(data, FILTERED, N, seed=5, workers=2, collate=Padded(6)).epoch(0)
    assert list(padded) == ["image", *sample(0), "instances", "index", "id"]
    assert padded["boxes"].shape == (N, 6, 4) and padded["labels"].shape == (N, 6)
    assert padded["points"].shape == (N, 6, 3, 3) and padded["masks"].shape == (N, 6, 24, 24)
    assert padded["instances"].sum(axis=1).tolist() == [len(a) for a in listed["boxes"]]
    for name in ("boxes", "labels", "points", "masks"):
        assert same(padded[name][padded["instances"]], np.concatenate(listed[name]))
    assert same(padded["polygons"], listed["polygons"]) and same(padded["names"], listed["names"])
    assert same(padded["mask"], listed["mask"]) and same(padded["number"], listed["index"])


@pytest.mark.parametrize("workers", [0, 2])
def test_what_filters_and_room_drop_is_counted(workers: int) -> None:
    data = source("boxes", "labels")
    samples = range(N)
    pipeline = Compose(OPS, targets={"boxes": Boxes("coco", min_visible=0.5), "labels": PerInstance()})
    records = [
        pipeline(image=data.images[i], boxes=sample(i)["boxes"], key=Key(0, 1, i), return_params=True) for i in samples
    ]
    want: dict[str, int] = {}
    for _, record in records:
        for reason, count in record["dropped"].items():
            want[reason] = want.get(reason, 0) + count
    assert want["boxes.min_visible"] > 0 and want["boxes.outside"] > 0
    loader = Loader(data, pipeline, 4, workers=workers)
    assert loader.stats()["dropped"] == {}
    list(loader.epoch(1))
    assert loader.stats()["dropped"] == want
    list(loader.epoch(1))
    assert loader.stats()["dropped"] == {reason: 2 * count for reason, count in want.items()}
    assert loader.stats()["carry"] > 0

    crowded = sum(max(0, len(result["boxes"]) - 2) for result, _ in records)
    loader = Loader(data, pipeline, 4, workers=workers, collate=Padded(2, "drop"))
    batches = list(loader.epoch(1))
    assert loader.stats()["dropped"] == {**want, "instances.most": crowded} and crowded > 0
    assert all(batch["labels"].shape == (len(batch["id"]), 2) for batch in batches)


def test_only_batches_that_were_handed_out_count() -> None:
    loader = Loader(source("boxes"), FILTERED, 4, workers=2, prefetch=4)
    whole = Loader(source("boxes"), FILTERED, 4, workers=0)
    for _ in loader.epoch(1):
        break
    whole.batch(1, 0)
    assert loader.stats()["dropped"] == whole.stats()["dropped"] != {}


@pytest.mark.parametrize("form", ["list", Padded(6)])
def test_without_a_pipeline_labels_are_passed_on(form: Any) -> None:
    data = source(*sample(0))
    (batch,) = Loader(data, None, N, shuffle=False, workers=2, collate=form)
    for i in range(N):
        for name, want in sample(i).items():
            got = batch[name][i]
            if form != "list" and name in ("boxes", "labels", "points", "masks"):
                got = got[batch["instances"][i]]
            assert same(got, want) or (name == "number" and got == want)
    batch["view"][:] = 7
    batch["mask"][:] = 7
    assert same(data.fields(3)["view"], sample(3)["view"]) and same(data.fields(3)["mask"], sample(3)["mask"])


def test_a_subset_and_a_pickled_loader_give_the_same_labels() -> None:
    data = source("boxes", "labels")
    want = by_id(Loader(data, FILTERED, 4, seed=5))
    parts = [by_id(Loader(part, FILTERED, 3, seed=5, collate="list")) for part in data.split(0.6)]
    got = parts[0] | parts[1]
    assert set(got) == set(want)
    assert all(same(got[i][name], want[i][name]) for i in want for name in ("boxes", "labels", "image"))
    copy = pickle.loads(pickle.dumps(Loader(data, FILTERED, 4, seed=5, collate=Padded(9))))
    assert copy.collate == Padded(9) and next(iter(copy))["boxes"].shape == (4, 9, 4)


def test_masks_of_many_sizes_come_as_a_list() -> None:
    images = [np.zeros((5 + i, 6, 3), np.uint8) for i in range(3)]
    data = Arrays(images, fields={"mask": [image[..., 0] for image in images]}, targets=Targets())
    for form in ("list", Padded()):
        (batch,) = Loader(data, collate=form, shuffle=False)
        assert [mask.shape for mask in batch["mask"]] == [(5, 6), (6, 6), (7, 6)]


# Who declares


def test_the_pipeline_may_declare_what_the_source_does_not() -> None:
    data = source("boxes", "labels", targets=None)
    assert data.targets is None
    pipeline = Compose(OPS, targets={"boxes": Boxes("coco"), "labels": PerInstance()})
    loader = Loader(data, pipeline, 4, seed=5)
    assert loader.targets == pipeline.targets
    want = by_id(Loader(source("boxes", "labels"), Compose(OPS), 4, seed=5))
    got = by_id(loader)
    assert all(same(got[i][name], want[i][name]) for i in want for name in want[i])
    with pytest.raises(InputError, match="unknown fields boxes, labels: declared are image, mask, label") as caught:
        Loader(data, Compose(OPS), 4).batch(0, 0)
    assert "this was in making sample" in caught.value.__notes__[0]


def test_a_loader_says_what_its_fields_are() -> None:
    data = source("boxes", "mask")
    merged = Targets(boxes=Boxes("coco", min_visible=0.5), mask=Mask(ignore_index=9))
    assert Loader(data, FILTERED).targets == merged
    assert Loader(data).targets == data.targets
    assert Loader(Arrays(data.images), FILTERED).targets is None
    assert FILTERED.targets == Targets(boxes=Boxes("coco", min_visible=0.5))


@pytest.mark.parametrize(
    ("theirs", "ours", "want"),
    [
        (Boxes("coco"), Boxes("coco", min_area=4, clip=False), None),
        (Boxes("coco"), Boxes("xywh", min_side=2), None),
        (Boxes("yolo"), Boxes("cxcywh", normalised=True), None),
        (Boxes("yolo"), Boxes("rel_cxcywh", out="xyxy", dtype="float64"), None),
        (Keypoints(normalised=False), Keypoints(out="fractions"), None),
        (Polygons(), Polygons(normalised=False, out="pixels"), None),
        (Polygons(flat=True), Polygons(flat=True, min_visible=0.5), None),
        (Keypoints("xyv", swap=((0, 1),)), Keypoints("xyv", swap=[(0, 1)]), None),
        (Mask(ignore_index=255), Mask(shrink="area"), Mask(ignore_index=255, shrink="area")),
        (Mask(3, ignore_index=255), Mask(0), Mask(0, ignore_index=255)),
        (Mask(3), Mask(shrink="area"), Mask(3, shrink="area")),
        (Mask(ignore_index=255), Mask(ignore_index=0), None),
        (Mask(ignore_index=255), Mask(), Mask(ignore_index=255)),
        (Mask(stack=True), Mask(stack=True, min_area=3, copies=True), None),
        (Mask(channels=3, stride=4), Mask((1, 0, 0), channels=3, stride=4), None),
        (Mask((1, 0), channels=2), Mask(channels=2, shrink="area"), Mask((1, 0), channels=2, shrink="area")),
        (OrientedBoxes(clockwise=True), OrientedBoxes(clockwise=True, min_area=3), None),
        (PerInstance(), PerInstance(), None),
        (PerSample(), PerSample(), None),
        (Image(), Image(), None),
    ],
)
def test_the_pipelines_options_hold(theirs: Target, ours: Target, want: Target | None) -> None:
    for name in ("thing", "mask"):
        assert agreed(Targets.of({name: theirs}), Targets.of({name: ours}))[name] == (want or ours)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (Boxes("coco"), Boxes("voc")),
        (Boxes("coco"), Boxes()),
        (Boxes("coco"), Boxes("coco", normalised=True)),
        (Boxes("coco"), Boxes("coco", group="cars")),
        (Boxes(), OrientedBoxes()),
        (Polygons(flat=True), Polygons()),
        (Polygons(), Polygons(normalised=True)),
        (Polygons(), Polygons(closed=False)),
        (Polygons(holes=True), Polygons()),
        (Keypoints("xyv"), Keypoints()),
        (Keypoints(), Keypoints(normalised=True)),
        (Keypoints("xya"), Keypoints("xya", radians=True)),
        (Keypoints(swap=((0, 1),)), Keypoints()),
        (Keypoints(), Keypoints(group=None)),
        (OrientedBoxes(), OrientedBoxes(clockwise=True)),
        (OrientedBoxes(), OrientedBoxes(angle="radians")),
        (OrientedBoxes(), OrientedBoxes(normalised=True)),
        (Mask(stack=True), Mask(ignore_index=3)),
        (Mask(channels=3), Mask()),
        (Mask(stride=4), Mask()),
        (Boxes("xyxy"), Boxes("yxyx")),
        (PerInstance(), PerInstance(group="cars")),
        (PerInstance(), PerSample()),
    ],
)
def test_what_the_values_are_both_say_alike(theirs: Target, ours: Target) -> None:
    said = f"the field 'thing' is {theirs!r} in the source and {ours!r} in the pipeline: the pipeline must say the same"
    with pytest.raises(FieldError, match=re.escape(said)) as problem:
        agreed(Targets(thing=theirs), Targets(thing=ours))
    written = str(problem.value).rpartition("thing=")[2].removesuffix(", or not at all")
    agreed(Targets(thing=theirs), Targets(thing=eval(written, vars(targets).copy())))


def test_options_are_kept_in_what_is_to_be_written() -> None:
    with pytest.raises(FieldError, match=r"boxes=Boxes\('yolo', min_visible=0\.1, out='xyxy'\), or not at all$"):
        agreed(Targets(boxes=Boxes("yolo")), Targets(boxes=Boxes("coco", out="xyxy", min_visible=0.1)))


def test_a_loader_refuses_two_declarations_that_differ() -> None:
    with pytest.raises(
        FieldError, match=r"'boxes' is Boxes\('coco'\) in the source and Boxes\('yolo'\) in the pipeline"
    ):
        Loader(source("boxes"), Compose(OPS, targets={"boxes": Boxes("yolo")}))


# Errors


class Broken(Arrays):
    """Fields of which sample 3 is at fault."""

    def __init__(self, value: Any, targets: Any, **extra: Any) -> None:
        super().__init__(np.zeros((5, 8, 9, 3), np.uint8))
        self.targets, self.value, self.extra = targets, value, extra

    def fields(self, i: int) -> dict[str, Any]:
        if self.value is KeyError and i == 3:
            raise KeyError("gone")
        return {"boxes": self.value if i == 3 else [[0, 0, 4, 4]], **(self.extra if i == 3 else {})}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("value", "extra", "said"),
    [
        (KeyError, {}, "gone"),
        ([[0, 0, 20, 4]], {}, "boxes[0] = (0, 0, 20, 4)"),
        ([[0, 0, 4]], {}, "boxes is (N, 4) numbers"),
        ([], {"labels": []}, "this one has ['boxes', 'labels'], images[0] ['boxes']"),
        ([], {"weights": []}, "unknown field weights"),
    ],
)
def test_an_error_of_labels_names_the_sample(value: Any, extra: dict[str, Any], said: str, workers: int) -> None:
    data = Broken(value, Targets(boxes=Boxes(), labels=PerInstance()), **extra)
    with pytest.raises((InputError, KeyError), match=re.escape(said)) as caught:
        list(Loader(data, Compose(OPS), 5, shuffle=False, workers=workers))
    assert caught.value.__notes__ == ["variegate: this was in making sample 3, images[3]"]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_in_moving_labels_names_the_sample(workers: int) -> None:
    class Failing(Boxes):
        def write(self, leaf: Any, size: Any) -> Any:
            if len(leaf.xyxy) == 2:
                raise ZeroDivisionError
            return super().write(leaf, size)

    with pytest.raises(ZeroDivisionError) as caught:
        list(Loader(Broken([[0, 0, 4, 4]] * 2, Targets(boxes=Failing())), None, 5, shuffle=False, workers=workers))
    assert caught.value.__notes__ == ["variegate: this was in making sample 3, images[3]"]


@pytest.mark.parametrize("workers", [0, 2])
def test_too_many_instances_name_the_sample(workers: int) -> None:
    data = Broken([[0, 0, 4, 4]] * 4, Targets(boxes=Boxes()))
    said = "sample 3, images[3], has 4 instances of the group 'instances', and Padded(most=3) takes 3"
    with pytest.raises(InputError, match=re.escape(said)):
        list(Loader(data, None, 5, shuffle=True, workers=workers, collate=Padded(3)))


def test_names_that_a_batch_has_of_its_own_are_refused() -> None:
    class Odd(Arrays):
        def fields(self, i: int) -> dict[str, Any]:
            return {self.name: 3}

    for name in (*RESERVED, "image", "label"):
        data = Odd(np.zeros((2, 3, 3), np.uint8), [0, 1] if name == "label" else None)
        data.name, data.targets = name, Targets()
        with pytest.raises(InputError, match=f"Odd: the name '{name}' is taken"):
            Loader(data).batch(0, 0)
    data = Odd(np.zeros((2, 3, 3), np.uint8))
    data.name, data.targets = "label", Targets()
    assert Loader(data).batch(0, 0)["label"].tolist() == [3, 3]


def test_a_group_is_not_called_as_a_field() -> None:
    data = source("boxes", targets=Targets(boxes=Boxes("coco", group="boxes")))
    assert len(next(iter(Loader(data)))["boxes"]) == N
    with pytest.raises(FieldError, match="a padded batch says under 'boxes', the name of the group"):
        Loader(data, collate=Padded())


def test_a_pipeline_that_takes_no_labels_is_refused(ragged: Any) -> None:
    with pytest.raises(FieldError, match=r"which takes no labels, and the samples of .* have some; give a"):
        Loader(source("boxes"), ragged)
    Loader(Arrays(np.zeros((2, 3, 3), np.uint8)), ragged)


@pytest.mark.parametrize("form", ["padded", None, Padded, 3])
def test_a_form_that_is_none(form: Any) -> None:
    with pytest.raises(FieldError, match=r'Loader.collate is "list" or Padded\(\.\.\.\), got '):
        Loader(source("boxes"), collate=form)


def test_a_source_without_labels_is_never_asked_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(Source):
        ids = np.arange(4, dtype=np.uint64)

        def read(self, i: int) -> Any:
            return np.zeros((30, 30), np.uint8)

        def where(self, i: int) -> str:
            return str(i)

    def never(*args: Any) -> Any:
        raise AssertionError

    data = Arrays(np.zeros((4, 30, 30), np.uint8))
    loaders = [Loader(Plain(), FILTERED), Loader(data, FILTERED)]
    monkeypatch.setattr(Source, "fields", never)
    monkeypatch.setattr(Arrays, "fields", never)
    assert [set(next(iter(loader))) for loader in loaders] == [{"image", "index", "id"}] * 2


@pytest.mark.parametrize("augment", [None, Compose([Rotate(10)])])
def test_what_is_passed_on_is_the_batchs_own(augment: Any) -> None:
    given = np.arange(12.0, dtype=np.float32).reshape(6, 2)
    source = Arrays(np.zeros((6, 8, 8, 3), np.uint8), fields={"vector": given}, targets={"vector": PerSample()})
    for batch in Loader(source, augment, batch_size=4, repeats=2):
        for vector in batch["vector"]:
            vector += 100
    assert np.array_equal(given, np.arange(12.0).reshape(6, 2))
    vectors = Loader(source, augment, batch_size=4, repeats=2).batch(0, 0)["vector"]
    assert not np.shares_memory(vectors[0], vectors[1]) and np.array_equal(vectors[0], vectors[1])


# One type in every batch

PLAIN = np.zeros((6, 8, 8, 3), np.uint8)


def columns(values: list[Any], target: Any, form: Any, name: str = "field", **options: Any) -> list[Any]:
    """The column of a field in every batch, a sample each."""
    data = Arrays(PLAIN[: len(values)], fields={name: values}, targets={name: target})
    return [batch[name] for batch in Loader(data, None, 1, workers=0, shuffle=False, collate=form, **options)]


@pytest.mark.parametrize("form", ["list", Padded()])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([3, 4, True], np.int64),
        ([0.5, 4, np.float32(2)], np.float64),
        ([np.uint8(3), np.uint8(4)], np.uint8),
        ([False, True], bool),
        ([np.array(2.5), 3], np.float64),
        (["a", 3, None], None),
        ([None, 3], None),
    ],
)
def test_numbers_a_sample_are_one_array_and_stay_so(values: list[Any], dtype: Any, form: Any) -> None:
    got = columns(values, PerSample(), form)
    if dtype is None:
        assert all(type(one) is list for one in got) and [one[0] for one in got] == values
    else:
        assert all(one.dtype == dtype and one.shape == (1,) for one in got) and [one[0] for one in got] == values


@pytest.mark.parametrize(
    ("values", "target", "got"),
    [
        ([3, 2.5], PerSample(), r"float64 \(\)"),
        ([3, "a"], PerSample(), "no number"),
        ([3, None], PerSample(), "no number"),
        ([3, 2**63], PerSample(), r"uint64 \(\)"),
        ([[3], ["a"]], PerInstance(), "no number"),
        ([[3], [0.5]], PerInstance(), r"float64 \(\)"),
        ([[], [3], [0.5]], PerInstance(), r"float64 \(\)"),
    ],
)
def test_a_value_of_another_type_is_refused_and_its_sample_named(values: list[Any], target: Any, got: str) -> None:
    last = len(values) - 1
    said = rf"^sample {last}, images\[{last}\]: field is {got}, and in images\[{last - 1}\] int64 \(\); a field has"
    with pytest.raises(InputError, match=said):
        columns(values, target, Padded())


GOOD, DEEP = np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.int32)


@pytest.mark.parametrize("form", ["list", Padded()])
@pytest.mark.parametrize(
    ("target", "values", "told", "first"),
    [
        (Mask(), [GOOD, DEEP], r"int32 \(8, 8\)", r"uint8 \(8, 8\)"),
        (Mask(), [DEEP, GOOD.astype(np.uint32)], r"uint32 \(8, 8\)", r"int32 \(8, 8\)"),
        (Mask(), [GOOD, GOOD[..., None]], r"uint8 \(8, 8, 1\)", r"uint8 \(8, 8\)"),
        (Mask(), [np.zeros((8, 8, 2)), np.zeros((8, 8, 3))], r"float64 \(8, 8, 3\)", r"float64 \(8, 8, 2\)"),
        (Image(), [GOOD, GOOD.astype(np.uint16)], r"uint16 \(8, 8\)", r"uint8 \(8, 8\)"),
        (Image(), [GOOD.astype(np.uint16), GOOD], r"uint8 \(8, 8\)", r"uint16 \(8, 8\)"),
        (Image(), [GOOD, GOOD[..., None]], r"uint8 \(8, 8, 1\)", r"uint8 \(8, 8\)"),
    ],
)
def test_a_mask_or_a_view_has_one_type_in_every_batch(
    target: Any, values: Any, told: str, first: str, form: Any
) -> None:
    """Each is a batch of its own here, in which nothing is odd."""
    said = rf"^sample 1, images\[1\]: field is {told}, and in images\[0\] {first}; a field has one type"
    with pytest.raises(InputError, match=said):
        columns(values, target, form)


@pytest.mark.parametrize("form", ["list", Padded()])
@pytest.mark.parametrize("size", [1, 3])
def test_a_mask_of_a_smaller_type_comes_as_the_first_ones(size: int, form: Any) -> None:
    """As PNGs do that were saved in as few bits as each needs."""
    wide, small = np.full((8, 8), 300, np.uint16), np.full((8, 8), 7, np.uint8)
    data = Arrays(PLAIN[:3], fields={"mask": [wide, small, small > 0]}, targets={"mask": Mask()})
    got = [batch["mask"] for batch in Loader(data, None, size, workers=0, shuffle=False, collate=form)]
    assert {one.dtype.name for one in got} == {"uint16"}
    assert np.concatenate(got)[:, 0, 0].tolist() == [300, 7, 1]


def test_a_view_that_the_pipeline_writes_otherwise_is_as_it_writes_it() -> None:
    values = [np.full((8, 8, 3), n, np.uint8) for n in range(2)]
    data = Arrays(PLAIN[:2], fields={"other": values})
    augment = Compose([vg.Normalize(layout="CHW")], targets={"other": Image(colour=True)})
    got = [batch["other"] for batch in Loader(data, augment, 1, workers=0, shuffle=False)]
    assert [(one.dtype.name, one.shape) for one in got] == [("float32", (1, 3, 8, 8))] * 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[], ["a"], [], ["b", "c"]], list),
        ([[], [], [3], []], np.dtype(np.int64)),
        ([[], [0.5], [], [3]], np.dtype(np.float64)),
        ([["a"], [3], [], [None]], list),
        ([[], [], []], np.dtype(np.int64)),
    ],
)
def test_a_field_of_instances_has_one_type_whatever_a_batch_holds(values: list[Any], kind: Any) -> None:
    got = columns(values, PerInstance(), Padded(3))
    assert {one.dtype if isinstance(one, np.ndarray) else type(one) for one in got} == {kind}
    if kind is list:
        assert [one[0] for one in got] == values


def test_boxes_of_which_the_first_samples_have_none_have_the_dtype_of_those_that_have_some() -> None:
    values = [[], np.zeros((0, 4)), np.ones((2, 4), np.float32), []]
    got = columns(values, Boxes("coco"), Padded(2))
    assert {(one.dtype.name, one.shape) for one in got} == {("float32", (1, 2, 4))}
    points = [np.zeros((0, 0, 2)), np.ones((1, 5, 2))]
    assert {one.shape for one in columns(points, Keypoints(), Padded(2))} == {(1, 2, 5, 2)}


def test_the_type_is_that_of_the_first_samples_of_the_source_in_any_order() -> None:
    values: list[Any] = [["a"], [], [], [], [], []]
    data = Arrays(PLAIN, fields={"names": values}, targets={"names": PerInstance()})
    for seed in range(3):
        for batch in Loader(data, None, 2, seed=seed, workers=2, collate=Padded()):
            assert type(batch["names"]) is list


def test_a_batch_has_the_formats_and_floats_that_the_pipeline_says() -> None:
    """Whatever those of the source: here lists and arrays of several dtypes, of one field."""
    boxes = [sample(i)["boxes"].astype([np.float64, np.float32][i % 2]) for i in range(N)]
    images = np.zeros((N, H, W, 3), np.uint8)
    data = Arrays(images, fields={"boxes": boxes}, targets=Targets(boxes=Boxes("coco")))
    for target, dtype in ((Boxes("coco", out="rel_yxyx"), np.float32), (Boxes("coco", dtype="float64"), np.float64)):
        for augment in (Compose([], targets={"boxes": target}), Compose([HorizontalFlip()], targets={"boxes": target})):
            (batch,) = Loader(data, augment, N, shuffle=False, collate=Padded(6)).epoch(0)
            assert batch["boxes"].dtype == dtype and batch["boxes"].shape == (N, 6, 4)
    whole = Loader(data, Compose([], targets={"boxes": Boxes("coco", out="rel_yxyx")}), N, shuffle=False)
    (batch,) = whole.epoch(0)
    for given, got in zip(boxes, batch["boxes"], strict=True):
        x, y, w, h = given.T
        np.testing.assert_allclose(got, np.stack([y / H, x / W, (y + h) / H, (x + w) / W], axis=1), rtol=1e-6)


def test_masks_of_another_resolution_stack() -> None:
    heat = [np.full((H // 2, W // 2), i, np.float32) for i in range(N)]
    targets = Targets(heat=Mask(stride=2), mask=Mask(channels=2))
    fields = {"heat": heat, "mask": [np.full((H, W, 2), i, np.uint8) for i in range(N)]}
    data = Arrays(np.zeros((N, H, W, 3), np.uint8), fields=fields, targets=targets)
    for augment, sides in ((None, (20, 25)), (Compose([RandomCrop(24), HorizontalFlip(p=0.5)]), (12, 12))):
        (batch,) = Loader(data, augment, N, shuffle=False).epoch(0)
        assert batch["heat"].shape == (N, *sides) and batch["mask"].shape[3] == 2
        assert (batch["heat"] == np.arange(N)[:, None, None]).all()
