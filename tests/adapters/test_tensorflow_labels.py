"""Labels in TensorFlow: the very numbers of the plain loader, as tensors dense or ragged, of a known form."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import variegate as vg
from variegate.adapters.tensorflow import dataset, keyed_mapper, mapper
from variegate.errors import InputError
from variegate.loader import Arrays, Loader, Padded
from variegate.targets import Boxes, Keypoints, Mask, PerInstance, PerSample, Polygons

DENSE = {
    "boxes": ((None, 5, 4), tf.float32),
    "labels": ((None, 5), tf.int64),
    "points": ((None, 5, 3, 3), tf.float32),
    "masks": ((None, 5, 24, 24), tf.uint8),
    "instances": ((None, 5), tf.bool),
}
WHOLE = {
    "image": ((None, 24, 24, 3), tf.uint8),
    "mask": ((None, 24, 24), tf.uint8),
    "depth": ((None, 24, 24, 2), tf.float32),
    "view": ((None, 24, 24), tf.float32),
    "number": ((None,), tf.int64),
}
RAGGED = {
    "boxes": ((None, None, 4), tf.float32, 1),
    "labels": ((None, None), tf.int64, 1),
    "points": ((None, None, 3, 3), tf.float32, 1),
    "masks": ((None, None, 24, 24), tf.uint8, 1),
    "stars": ((None, None, 2), tf.float32, 1),
}
ALWAYS_RAGGED = {
    "polygons": ((None, None, None, None, 2), tf.float32, 3),
    "names": ((None, None), tf.string, 1),
}


def specs(dense: dict[str, Any], ragged: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: tf.TensorSpec(*spec) for name, spec in dense.items()},
        **{name: tf.RaggedTensorSpec(*spec) for name, spec in ragged.items()},
    }


def values(tensor: Any) -> Any:
    """A tensor as a list of arrays, or of lists of them."""
    if not isinstance(tensor, tf.RaggedTensor):
        return tensor.numpy()
    splits = tensor.row_splits.numpy().tolist()
    inner = values(tensor.values)
    return [inner[start:stop] for start, stop in pairwise(splits)]


def same(got: Any, want: Any) -> bool:
    """Whether these are the same numbers or texts, arrays in dtype and bytes."""
    if isinstance(want, np.ndarray):
        return got.dtype == want.dtype and got.shape == want.shape and got.tobytes() == want.tobytes()
    if isinstance(want, (list, tuple)):
        return len(got) == len(want) and all(map(same, got, want))
    return bool(got == (want.encode() if isinstance(want, str) else want))


def test_lists_are_ragged_tensors(labelled: Any) -> None:
    plain = labelled.loader(labels=np.arange(19))
    made = dataset(plain, epoch=4)
    assert made.element_spec == specs({**WHOLE, "label": ((None,), tf.int64)}, {**RAGGED, **ALWAYS_RAGGED})
    for got, want in zip(made, plain.epoch(4), strict=True):
        assert set(got) == set(want) - {"index", "id"}
        assert all(same(values(got[name]), want[name]) for name in got)


def test_padded_fields_are_dense_and_static(labelled: Any) -> None:
    plain = labelled.loader(collate=Padded(5))
    made = dataset(plain)
    dense = {**WHOLE, **DENSE, "stars": ((None, None, 2), tf.float32)}
    assert made.element_spec == specs(dense, ALWAYS_RAGGED)
    for got, want in zip(made, plain.epoch(0), strict=True):
        assert all(same(values(got[name]), want[name]) for name in got)
    loose = dataset(labelled.loader("boxes", "labels", collate=Padded(), drop_last=True))
    shapes = {name: ((4, None, *shape[2:]), dtype) for name, (shape, dtype) in DENSE.items() if name != "points"}
    shapes = {name: shapes[name] for name in ("boxes", "labels", "instances")}
    assert loose.element_spec == specs({"image": ((4, 24, 24, 3), tf.uint8), **shapes}, {})
    assert [tuple(batch["boxes"].shape[::2]) for batch in loose] == [(4, 4)] * 4


def test_a_mask_alone_needs_no_padding(labelled: Any) -> None:
    made = dataset(labelled.loader("mask"))
    pairs = made.map(lambda batch: (batch["image"], batch["mask"]))
    assert pairs.element_spec == (tf.TensorSpec((None, 24, 24, 3), tf.uint8), tf.TensorSpec((None, 24, 24), tf.uint8))
    assert len(list(pairs)) == 5


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_masks_and_views_have_the_pictures_sides(labelled: Any, layout: str) -> None:
    ops = [vg.Rotate90(vg.Choice([0, 1])), vg.Resize((16, 20)), vg.Normalize(0.5, 0.5, layout=layout)]
    data = labelled.source("mask", "view", "masks")
    made = dataset(Loader(data, vg.Compose(ops), 19, collate=Padded(4)))
    (batch,) = made
    assert made.element_spec["mask"].shape == (19, 16, 20) and made.element_spec["masks"].shape == (19, 4, 16, 20)
    assert made.element_spec["view"] == tf.TensorSpec((19, 16, 20) if layout == "HWC" else (19, 1, 16, 20), tf.float32)
    assert all(made.element_spec[name].is_compatible_with(batch[name]) for name in batch)


def test_masks_of_another_resolution_have_sides_of_their_own() -> None:
    images = np.zeros((4, 40, 50, 3), np.uint8)
    kinds = {"heat": Mask(stride=2), "parts": Mask(channels=2, stride=5), "masks": Mask(stack=True, stride=5)}
    fields = {
        "heat": np.zeros((4, 20, 25, 7), np.float32),
        "parts": np.zeros((4, 8, 10, 2), bool),
        "masks": [np.ones((2, 8, 10), np.uint8)] * 4,
    }
    augment = vg.Compose([vg.RandomResizedCrop((16, 20))], targets=kinds)
    made = dataset(Loader(vg.Arrays(images, fields=fields, targets=vg.Targets(**kinds)), augment, 4, collate=Padded(2)))
    wanted = {"heat": (4, 8, 10, 7), "parts": (4, 3, 4, 2), "masks": (4, 2, 3, 4)}
    (batch,) = made
    for name, shape in wanted.items():
        assert made.element_spec[name].shape == shape == batch[name].shape
    mapped = tf.data.Dataset.from_tensors({"image": images[0], "heat": fields["heat"][0], "parts": fields["parts"][0]})
    mapped = mapped.map(mapper(augment))
    (one,) = mapped
    assert mapped.element_spec["heat"].shape == (8, 10, 7) == one["heat"].shape
    assert mapped.element_spec["parts"].shape == (3, 4, 2) == one["parts"].shape


def test_without_a_pipeline_fields_are_as_they_were(labelled: Any) -> None:
    made = dataset(Loader(labelled.source(), None, 4, shuffle=False))
    assert made.element_spec["mask"].shape == (None, 40, 50) and made.element_spec["view"].shape == (None, 40, 50)
    got = next(iter(made))
    assert same(values(got["polygons"]), [labelled.fields(i)["polygons"] for i in range(4)])


@pytest.mark.parametrize("form", ["list", Padded(), Padded(3)])
def test_a_first_sample_without_instances_hides_no_form(form: Any) -> None:
    def columns(*empty: Any) -> dict[str, Any]:
        full = [np.ones((2, 4), np.float32), [3, 4], np.ones((2, 3, 2), np.float32), [[np.ones(6, np.float32)], []]]
        names = ("boxes", "labels", "points", "polygons")
        return {name: [none, one, none] for name, none, one in zip(names, empty, full, strict=True)}

    targets = {"boxes": Boxes("coco"), "labels": PerInstance(), "points": Keypoints(), "polygons": Polygons(flat=True)}
    data = Arrays(np.zeros((3, 9, 9, 3), np.uint8), fields=columns([], [], [], []), targets=targets)
    made = dataset(Loader(data, vg.Compose([vg.HorizontalFlip(p=0.5)]), 1, shuffle=False, collate=form))
    assert made.element_spec["points"].shape[-2:] == (3, 2) and made.element_spec["boxes"].dtype == tf.float32
    batches = list(made)
    assert [len(values(batch["polygons"])[0]) for batch in batches] == [0, 2, 0]
    if form == "list":
        assert [batch["labels"].to_list() for batch in batches] == [[[]], [[3, 4]], [[]]]
    else:
        assert [int(batch["instances"].numpy().sum()) for batch in batches] == [0, 2, 0]
        assert all(batch["points"].shape[-2:] == (3, 2) for batch in batches)


def test_each_field_is_known_by_a_sample_that_has_some_of_it() -> None:
    fields = {"cars": [[3.5, 4.5], [], []], "people": [[], [], ["Ada"]]}
    targets = {"cars": PerInstance(), "people": PerInstance(group="people")}
    made = dataset(Loader(Arrays(np.zeros((3, 9, 9, 3), np.uint8), fields=fields, targets=targets), None, 3))
    assert made.element_spec["cars"] == tf.RaggedTensorSpec((3, None), tf.float64, 1)
    assert made.element_spec["people"] == tf.RaggedTensorSpec((3, None), tf.string, 1)
    assert sorted(next(iter(made))["people"].to_list()) == [[], [], [b"Ada"]]


class Looking:
    """Pipelines that look at labels."""

    boxes = vg.Compose([vg.RandomSizedBoxSafeCrop(12)], targets={"boxes": Boxes("coco")})
    mask = vg.Compose([vg.CropNonEmptyMask(12)])


@pytest.mark.parametrize("name", ["boxes", "mask"])
def test_pipelines_that_look_at_labels_have_a_static_form_too(labelled: Any, name: str) -> None:
    augment = getattr(Looking, name)
    made = dataset(Loader(labelled.source(name), augment, 19, seed=3, shuffle=False))
    assert made.element_spec["image"] == tf.TensorSpec((19, 12, 12, 3), tf.uint8)
    keyed = keyed_mapper(augment, seed=3)
    named = tf.data.Dataset.from_generator(
        lambda: ({"image": labelled.images[i], **labelled.fields(i, name)} for i in range(19)),
        output_signature=signature(labelled, name),
    )
    (batch,) = made
    for i, got in enumerate(named.enumerate().map(keyed)):
        assert same(got["image"].numpy(), batch["image"][i].numpy())
        assert same(got[name].numpy(), values(batch[name])[i])


def test_what_no_tensor_holds_is_refused_beforehand(labelled: Any) -> None:
    def made(target: Any, value: Any, form: Any = "list") -> Any:
        data = Arrays(labelled.images[:2], fields={"thing": [value, value]}, targets={"thing": target})
        return dataset(Loader(data, None, 2, collate=form))

    for value in ([None], [{"a": 1}], [[1, 2], [3]], [[1, 2], [3, 4]], np.array([object()])):
        with pytest.raises(InputError, match=r"thing (holds .*numbers or texts; give arrays|differs in shape)"):
            made(PerInstance(), value)
    with pytest.raises(InputError, match=r"thing holds \{'a': 1\}, and a tensor holds numbers or texts"):
        made(PerSample(), {"a": 1})
    texts = next(iter(made(PerSample(), "a"))), next(iter(made(PerInstance(), ["a", "b"], Padded(3))))
    assert texts[0]["thing"].numpy().tolist() == [b"a"] * 2
    assert texts[1]["thing"].to_list() == [[b"a", b"b"]] * 2 and "instances" not in texts[1]


def test_what_a_later_batch_has_otherwise_is_an_error_that_says_so(labelled: Any) -> None:
    def made(target: Any, *values: Any, form: Any = "list") -> list[Any]:
        data = Arrays(labelled.images[: len(values)], fields={"thing": list(values)}, targets={"thing": target})
        return list(dataset(Loader(data, None, 2, shuffle=False, collate=form)))

    one, two = np.ones((1, 4), np.float32), np.ones((1, 4))
    for form in ("list", Padded()):
        with pytest.raises(tf.errors.OpError, match=r"thing is float64 .*float32"):
            made(PerInstance(), one, one, two, two, form=form)
        assert len(made(Boxes(), one, one, two, two, form=form)) == 2  # which come back as the floats declared
    with pytest.raises(tf.errors.OpError, match="thing has rows of several shapes in one batch"):
        made(PerInstance(), np.ones((1, 2)), np.ones((1, 3)))
    with pytest.raises(tf.errors.OpError, match="thing differs in shape between the samples of a batch"):
        made(PerInstance(), np.ones((1, 2)), np.ones((1, 3)), form=Padded())
    with pytest.raises(tf.errors.OpError, match="thing differs in shape between the samples of a batch"):
        made(Keypoints(group=None), np.ones((3, 2)), np.ones((4, 2)), form=Padded())
    assert [batch["thing"].shape[1] for batch in made(Keypoints(group=None), *[np.ones((n, 2)) for n in (3, 4)])] == [
        None
    ]


# Maps


def signature(labelled: Any, *names: str) -> dict[str, Any]:
    """Of single elements as a user's generator gives them."""
    kinds = {
        "boxes": ((None, 4), tf.float32),
        "labels": ((None,), tf.int64),
        "points": ((None, 3, 3), tf.float32),
        "masks": ((None, 40, 50), tf.uint8),
        "mask": ((40, 50), tf.uint8),
        "depth": ((40, 50, 2), tf.float32),
        "view": ((40, 50), tf.float32),
        "stars": ((3, 2), tf.float64),
        "names": ((None,), tf.string),
        "number": ((), tf.int64),
    }
    return {
        "image": tf.TensorSpec((40, 50, 3), tf.uint8),
        **{name: tf.TensorSpec(*kinds[name]) for name in names or kinds},
    }


def elements(labelled: Any, *names: str) -> Any:
    spec = signature(labelled, *names)
    fields = [name for name in spec if name != "image"]
    return tf.data.Dataset.from_generator(
        lambda: ({"image": labelled.images[i], **labelled.fields(i, *fields)} for i in range(19)), output_signature=spec
    )


def test_a_keyed_map_of_dicts_gives_the_labels_of_the_loader(labelled: Any) -> None:
    keyed = keyed_mapper(labelled.augment, seed=3, epoch=6)
    made = elements(labelled).enumerate().map(keyed, tf.data.AUTOTUNE)
    want = {name: tf.TensorSpec(shape[1:], dtype) for name, (shape, dtype) in WHOLE.items()}
    want |= {name: tf.TensorSpec(shape[1:], dtype) for name, (shape, dtype, _) in RAGGED.items() if name != "stars"}
    want |= {"stars": tf.TensorSpec((3, 2), tf.float32), "names": tf.TensorSpec((None,), tf.string)}
    assert made.element_spec == want
    # Without polygons, since with them boxes are tight around those.
    wanted = labelled.want(6, *(name for name in labelled.fields(0) if name != "polygons"))
    for got, plain in zip(made.as_numpy_iterator(), wanted, strict=True):
        assert set(got) == set(plain)
        for name in got:
            assert same(got[name], plain[name]), name


def test_a_picture_and_a_dict_of_its_labels(labelled: Any) -> None:
    keyed = keyed_mapper(labelled.augment, seed=3)
    pairs = elements(labelled, "boxes", "labels").map(lambda e: (e["image"], {n: e[n] for n in ("boxes", "labels")}, 7))
    made = pairs.enumerate().map(keyed)
    for got, want in zip(made.as_numpy_iterator(), labelled.want(0, "boxes", "labels"), strict=True):
        assert same(got[0], want["image"]) and got[2] == 7
        assert all(same(got[1][name], want[name]) for name in ("boxes", "labels"))
    fresh = [e[1]["boxes"].tobytes() for _ in range(2) for e in pairs.map(mapper(labelled.augment)).as_numpy_iterator()]
    assert len(set(fresh)) > 20


def test_a_map_of_batches_takes_what_pictures_have(labelled: Any) -> None:
    names = ("mask", "depth", "view", "stars", "number")
    keyed = keyed_mapper(labelled.augment, seed=3)
    made = elements(labelled, *names).enumerate().batch(8).map(keyed)
    assert made.element_spec["mask"] == tf.TensorSpec((None, 24, 24), tf.uint8)
    assert made.element_spec["depth"].shape == (None, 24, 24, 2) and made.element_spec["stars"].shape == (None, 3, 2)
    wanted = labelled.want(0, *names)
    got = [{name: batch[name][n] for name in batch} for batch in made for n in range(len(batch["image"]))]
    for one, want in zip(got, wanted, strict=True):
        assert all(same(one[name].numpy(), want[name]) for name in names[:-1]) and one["number"] == want["number"]


def test_boxes_of_other_dtypes_come_back_as_the_pipeline_gives_them() -> None:
    boxes = tf.data.Dataset.from_tensors({"image": np.zeros((8, 9, 3), np.uint8), "boxes": [[1, 2, 3, 4]]})
    for dtype in ("float32", "float64"):
        made = boxes.map(mapper(vg.Compose([vg.HorizontalFlip()], targets={"boxes": Boxes("yxyx", dtype=dtype)})))
        assert made.element_spec["boxes"] == tf.TensorSpec((None, 4), dtype)
        assert next(iter(made))["boxes"].numpy().tolist() == [[1, 5, 3, 7]]


def test_shapes_that_are_not_known_stay_so() -> None:
    augment = vg.Compose([vg.HorizontalFlip()], targets={"boxes": Boxes(), "masks": Mask(stack=True)})
    spec = {
        name: tf.TensorSpec(None, dtype)
        for name, dtype in {"image": tf.uint8, "boxes": tf.float32, "mask": tf.uint8}.items()
    }
    traced = tf.function(mapper(augment)).get_concrete_function(spec)
    assert all(traced.structured_outputs[name].shape.rank is None for name in spec)
    got = tf.function(mapper(augment))({"image": np.zeros((4, 5, 3), np.uint8), "mask": np.eye(4, 5, dtype=np.uint8)})
    assert got["mask"].numpy().tolist() == np.eye(4, 5)[:, ::-1].tolist()


def test_a_map_refuses_what_it_cannot_move(labelled: Any) -> None:
    plain, image = vg.Compose([vg.HorizontalFlip()]), np.zeros((8, 9, 3), np.uint8)
    outlines = vg.Compose([vg.HorizontalFlip()], targets={"polygons": Polygons(), "boxes": Boxes()})

    def refused(element: Any, said: str, augment: Any = plain) -> None:
        with pytest.raises(InputError, match=said):
            tf.data.Dataset.from_tensors(element).map(mapper(augment))

    refused({"image": image, "boxes": np.zeros((1, 4))}, "unknown field boxes: declared are image, mask, label")
    refused((image, {"boxes": np.zeros((1, 4))}), "unknown field boxes")
    refused({"picture": image}, r'under "image", got \[\'picture\'\]')
    refused((image, {"image": 3}), 'the labels of an element have a field "image"')
    for beside in (
        (np.zeros((8, 9)),),
        ({"mask": np.zeros((8, 9), np.uint8)}, np.zeros((2, 2))),
        (3, (4, np.zeros((5, 5)))),
    ):
        refused((image, *beside), r"a tensor \(., .\) beside its picture, and what it is was not said")
    refused((image[None], np.zeros((1, 8, 9))), r"a tensor \(1, 8, 9\) beside its picture")
    refused(
        {"image": image, "polygons": np.zeros((1, 1, 3, 2))},
        "polygons is Polygons.* does not go through a map",
        outlines,
    )
    boxes = tf.RaggedTensor.from_row_lengths(np.zeros((1, 4)), [1])
    refused(
        {"image": image, "boxes": boxes},
        "boxes is Boxes.* as a RaggedTensor, which does not go through a map",
        outlines,
    )
    refused(
        {"image": image[None], "boxes": np.zeros((1, 1, 4))},
        "boxes is .*; map before batch, or take a vg.Loader",
        outlines,
    )
    refused((image, tf.SparseTensor([[0]], [3.5], [4])), r"a tensor \(4,\) beside its picture")
    refused({"image": image, "label": np.zeros((1, 4))}, r"a tensor \(1, 4\) beside .*'label', and so would never move")
    refused({"image": image, "seed": 3}, "the name 'seed' is taken")
    kept = vg.Compose([], targets={"beside": PerSample()})
    (got,) = tf.data.Dataset.from_tensors({"image": image, "beside": boxes}).map(mapper(kept))
    assert got["beside"].to_list() == boxes.to_list()
    tf.data.Dataset.from_tensors((image[None], np.zeros((1, 5)))).map(mapper(plain))


@pytest.mark.parametrize(
    ("beside", "passed"),
    [
        ([0.0, 1.0, 0.0], True),
        ([7], True),
        (7.5, True),
        (["sea", "sun"], True),
        ([["a", "b"], ["c", "d"]], True),
        ((3, "text"), True),
        ([10, 20, 30, 40], False),
        ([0.25, 0.75], False),
        ((10.0, 20.0, 30.0, 40.0), False),
        ({"x": 10, "y": 20}, False),
    ],
)
def test_of_a_vector_the_values_tell_what_it_may_be(beside: Any, passed: bool) -> None:
    plain, image = vg.Compose([vg.HorizontalFlip()]), np.zeros((8, 9, 3), np.uint8)
    value = tf.constant(beside) if isinstance(beside, list) else tf.nest.map_structure(tf.constant, beside)
    told = vg.Compose([vg.HorizontalFlip()], targets={"label": PerSample()})
    alone = tf.data.Dataset.from_tensors
    batched = tf.nest.map_structure(lambda one: tf.stack([one, one]), value)
    for element in ((image, 3, value), ({"image": image}, value), (np.stack([image] * 2), np.array([3, 4]), batched)):
        made = alone(element).map(mapper(plain))
        if passed:
            got = next(iter(made))[-1]
            tf.nest.map_structure(lambda a, b: np.testing.assert_array_equal(a, b), got, element[-1])
            continue
        with pytest.raises(
            tf.errors.OpError, match=r"an element has a .* beside its picture, and what it is was not said"
        ):
            next(iter(made))
    if not isinstance(beside, (tuple, dict)):
        (kept,) = alone({"image": image, "label": value}).map(mapper(told))
        np.testing.assert_array_equal(kept["label"], value)


def test_a_number_beside_a_batch_is_of_all_its_pictures() -> None:
    """A scalar beside vectors of the batch was an IndexError; numbers that may be a place are refused in words."""
    images = tf.zeros((2, 8, 9, 3), tf.uint8)

    def made(*rest: Any) -> Any:
        data = tf.data.Dataset.from_tensors((images, rest)).map(mapper(vg.Compose([vg.HorizontalFlip()])))
        return next(iter(data))

    for rest in ((1, [1, 0]), ([0.0, 1, 0],), ([1, 0], 0.0)):
        image, beside = made(*map(tf.constant, rest))
        assert image.shape == (2, 8, 9, 3) and [one.numpy().tolist() for one in beside] == list(rest)
    with pytest.raises(tf.errors.OpError, match=r"an element has a list .* beside its picture, and what it is was not"):
        made(tf.constant(3), tf.constant([1, 0]))  # a list of numbers that are not of 0 and 1
