"""Targets: which fields there are, and what holds between them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from variegate.errors import FieldError, InputError
from variegate.targets import (
    Boxes,
    Image,
    Keypoints,
    Mask,
    PerInstance,
    PerSample,
    Polygons,
    Targets,
)
from variegate.targets.names import RESERVED
from variegate.targets.rows import Label

SIZE = (4, 6)
DETECTION = Targets(boxes=Boxes("coco"), labels=PerInstance(), masks=Mask(stack=True), stars=Keypoints(group=None))


def test_three_names_are_known():
    known = (("image", Image()), ("mask", Mask()), ("label", Label()))
    assert Targets().fields == known == Targets.of(None).fields
    assert Targets(boxes=Boxes()).fields == (*known, ("boxes", Boxes()))
    declared = Targets(label=PerInstance(), mask=Mask(ignore_index=255))
    assert dict(declared.fields) == {"image": Image(), "mask": Mask(ignore_index=255), "label": PerInstance()}


def test_a_mapping_is_taken_too():
    assert Targets.of({"boxes": Boxes("coco"), "mask": Mask()}) == Targets(boxes=Boxes("coco"))
    assert Targets.of(DETECTION) is DETECTION


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        (Targets(), "Targets()"),
        (Targets(image=Image(), mask=Mask()), "Targets()"),
        (Targets(boxes=Boxes("coco"), mask=Mask(2)), "Targets(mask=Mask(2), boxes=Boxes('coco'))"),
        (Targets.of({"my boxes": Boxes()}), "Targets.of({'my boxes': Boxes()})"),
    ],
)
def test_targets_are_told_as_they_are_written(targets, text):
    assert repr(targets) == text and eval(text) == targets
    assert pickle.loads(pickle.dumps(targets)) == targets == copy.deepcopy(targets)


def test_equality_is_of_what_is_declared():
    one, other = Targets(a=Boxes(), b=Mask(2)), Targets(b=Mask(2), a=Boxes("xyxy"))
    assert one == other and hash(one) == hash(other) and one != Targets(a=Boxes()) and one != {"a": Boxes()}


def test_targets_do_not_change():
    with pytest.raises(AttributeError, match=r"^Targets do not change: make new ones to set fields$"):
        DETECTION.fields = ()


def test_targets_are_a_table_of_names():
    assert DETECTION["boxes"] == Boxes("coco") and "boxes" in DETECTION and "box" not in DETECTION
    assert list(DETECTION) == ["image", "mask", "label", "boxes", "labels", "masks", "stars"] and len(DETECTION) == 7
    with pytest.raises(KeyError):
        DETECTION["box"]


def test_a_sample_is_read_and_written_field_by_field():
    sample = {
        "labels": ["cat", "dog"],
        "boxes": [[0, 0, 1, 1], [1, 1, 2, 2]],
        "masks": np.zeros((2, *SIZE), bool),
        "stars": np.ones((9, 2)),
        "label": None,
    }
    leaves = DETECTION.read(sample, SIZE)
    assert list(leaves) == list(sample) and leaves["boxes"].xyxy.tolist() == [[0, 0, 1, 1], [1, 1, 3, 3]]
    out = DETECTION.write(leaves, SIZE)
    assert list(out) == list(sample) and all(np.array_equal(out[name], sample[name]) for name in sample)


def test_fields_may_be_missing():
    assert DETECTION.read({}, SIZE) == {} == DETECTION.write({}, SIZE)


def test_groups_count_on_their_own():
    targets = Targets(boxes=Boxes(), faces=Boxes(group="faces"), names=PerInstance(group="faces"))
    targets.read({"boxes": [], "faces": [[0, 0, 1, 1]], "names": ["a"]}, SIZE)
    message = (
        r"^faces has 2 instances and names 1: fields of the group 'faces' have a row for each instance\. Give as "
        r"many, or "
        r"declare one of them with another group=$"
    )
    with pytest.raises(InputError, match=message):
        targets.read({"boxes": [], "faces": [[0, 0, 1, 1]] * 2, "names": ["a"]}, SIZE)
    with pytest.raises(InputError, match=r"^polygons has 0 instances and keypoints 2: fields of the group 'instances'"):
        Targets(polygons=Polygons(), keypoints=Keypoints()).read(
            {"polygons": [], "keypoints": np.zeros((2, 3, 2))}, SIZE
        )


@pytest.mark.parametrize(
    ("targets", "fields", "message"),
    [
        (
            Targets(),
            {"boxes": 1},
            r"""^unknown field boxes: declared are image, mask, label\. Say what a field is where the pipeline is """
            r"""made, """
            r"""such as targets=\{"boxes": Boxes\('coco'\)\}; or leave it out$""",
        ),
        (
            Targets(boxes=Boxes()),
            {"boxes": [], "keypoints": 1, "masks": 2},
            r"""^unknown fields keypoints, masks: declared are image, mask, label, boxes\. .* targets=\{"keypoints": """
            r"""Keypoints\('xyv'\), "masks": Mask\(stack=True\)\}; or leave it out$""",
        ),
        (
            Targets(),
            {"weather": "fine"},
            r"""^unknown field weather: .* targets=\{"weather": \.\.\.\}, with \.\.\. one of Image\(\), Mask\(\), """
            r"""Boxes\(\), OrientedBoxes\(\), Keypoints\(\) and Polygons\(\), which move with the pixels; """
            r"""PerInstance\(\), a row for each instance; or PerSample\(\), passed on as it is, never moved; """
            r"""or leave it out$""",
        ),
        (
            Targets(),
            {"bboxes": 1, "weather": 1},
            r'"bboxes": Boxes\(\'coco\'\), "weather": \.\.\.\}, with \.\.\. one of Image',
        ),
        (Targets(), {"labels": 1}, r'"labels": PerInstance\(\)'),
        (Targets(), {"segmentation": 1}, r'"segmentation": Polygons\(flat=True\)'),
        (Targets(), {"mask": None}, r"^mask is a NumPy array or a PIL image, got NoneType"),
        (Targets(night=Image()), {"night": np.zeros((2, 2), np.uint8)}, r"^night is 2 x 2 and `image` 4 x 6"),
    ],
)
def test_errors_of_samples(targets, fields, message):
    with pytest.raises(InputError, match=message):
        targets.read(fields, SIZE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Targets(key=PerSample()),
            r"^Targets: the name 'key' is taken: an argument of calls is called so\. Choose another$",
        ),
        (
            lambda: Targets(boxes=Boxes(group="index")),
            r"^Targets\.boxes: group: the name 'index' is taken: a batch has one of its own\. Choose another$",
        ),
        (lambda: Targets(boxes=Boxes(group="image")), r"the name 'image' is taken"),
        (lambda: Targets(boxes="coco"), r"^Targets\.boxes is a target such as Boxes\(\) or Mask\(\), got 'coco'$"),
        (lambda: Targets(boxes=Boxes), r"^Targets\.boxes is a target .*, got <class .*Boxes'>; write Boxes\(\)$"),
        (lambda: Targets(image=Mask()), r"^Targets\.image is the sample's picture, Image\(\); got Mask\(\)$"),
        (
            lambda: Targets.of([Boxes()]),
            r"""^targets is a Targets, or a dict such as \{"boxes": Boxes\("coco"\)\}; got \[Boxes\(\)\]$""",
        ),
        (lambda: Targets.of({3: Boxes()}), r"^targets is a Targets, or a dict such as"),
    ],
)
def test_errors_of_declarations(make, message):
    with pytest.raises(FieldError, match=message):
        make()


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_name_is_refused_where_it_is_declared_and_where_it_comes(name):
    with pytest.raises(FieldError, match=f"^Targets: the name '{name}' is taken: .*Choose another$"):
        Targets.of({name: PerSample()})
    with pytest.raises(InputError, match=f"^a sample: the name '{name}' is taken: .*Choose another$"):
        Targets().read({"boxes": [], name: 3}, SIZE)


def test_a_label_that_may_lie_on_the_picture_is_passed_on_only_where_it_is_declared_so():
    box = [10, 20, 30, 40]
    with pytest.raises(InputError, match=r"^a sample has a list \[10, 20, 30, 40\] beside its picture.*'label'"):
        Targets().read({"label": box}, SIZE)
    told = Targets(label=PerSample())
    assert told.write(told.read({"label": box}, SIZE), SIZE)["label"] is box
    assert told != Targets() and repr(told) == "Targets(label=PerSample())"
    moved = Targets(label=Boxes()).read({"label": [[1, 1, 3, 3]]}, SIZE)["label"]
    assert moved.count == 1
