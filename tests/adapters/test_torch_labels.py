"""Labels in PyTorch: the very numbers of the plain loader, as tensors, in every form of a sample."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import variegate as vg
from variegate.adapters.torch import KeyedDataset, Loader, Transform
from variegate.errors import FieldError, InputError
from variegate.loader import Padded
from variegate.targets import Boxes, Mask, PerInstance, PerSample
from variegate.targets.names import RESERVED

LYING = [  # as torchvision's CocoDetection, CelebA and data sets of one object give
    [{"bbox": [10.0, 20.0, 30.0, 40.0], "segmentation": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], "category_id": 3}],
    torch.tensor([69, 109, 106, 113, 77, 142, 73, 152, 108, 154]),
    [10, 20, 30, 40],
    [[10, 20, 30, 40]],
    (0.5, 0.5),
    np.array([3, 7]),
    [torch.tensor(10.0), torch.tensor(20.0)],
]


def same(got: Any, want: Any) -> bool:
    """Whether tensors, also in lists, are these arrays, in dtype and bytes."""
    if isinstance(want, np.ndarray):
        assert isinstance(got, torch.Tensor)
        array = got.numpy()
        return array.dtype == want.dtype and array.shape == want.shape and array.tobytes() == want.tobytes()
    if isinstance(want, (list, tuple)):
        return type(got) is type(want) and len(got) == len(want) and all(map(same, got, want))
    return bool(got == want)


class Dicts(torch.utils.data.Dataset):
    """Samples as dicts, in arrays or in tensors as PyTorch has them."""

    def __init__(self, labelled: Any, *names: str, tensors: bool = False) -> None:
        self.labelled, self.names, self.tensors = labelled, names, tensors

    def __len__(self) -> int:
        return len(self.labelled)

    def __getitem__(self, i: int) -> Any:
        sample = {"image": self.labelled.images[i], **self.labelled.fields(i, *self.names)}
        if self.tensors:
            front = {name: np.moveaxis(sample[name], 2, 0) for name in ("image", "depth") if name in sample}
            sample = tensors_of({**sample, **front})
        return sample


def tensors_of(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, dict):
        return {name: tensors_of(item) for name, item in value.items()}
    return [tensors_of(item) for item in value] if isinstance(value, list) else value


# The loader


@pytest.mark.parametrize("form", ["list", Padded(6)])
def test_a_loader_gives_labels_as_tensors(labelled: Any, form: Any) -> None:
    plain = labelled.loader(labels=np.arange(19), collate=form)
    for got, want in zip(Loader(plain), plain.epoch(0), strict=True):
        assert list(got) == list(want)
        assert all(same(got[name], want[name]) for name in want)
    assert got["mask"].dtype == torch.uint8 and isinstance(got["polygons"][0], list)
    if form == "list":
        assert all(boxes.dtype == torch.float32 and boxes.shape[1] == 4 for boxes in got["boxes"])
    else:
        assert got["boxes"].shape == (3, 6, 4) and got["instances"].dtype == torch.bool
        assert got["masks"].shape == (3, 6, 24, 24) and got["points"].shape == (3, 6, 3, 3)


def test_what_may_not_be_written_is_copied(labelled: Any) -> None:
    fixed = np.arange(3)
    fixed.flags.writeable = False
    data = vg.Arrays(labelled.images[:1], fields={"fixed": [fixed]}, targets={"fixed": PerSample()})
    (batch,) = Loader(vg.Loader(data, workers=0))
    batch["fixed"][0][:] = 7
    assert fixed.tolist() == [0, 1, 2]


# Samples of a data set


@pytest.mark.parametrize("tensors", [False, True])
def test_a_keyed_data_set_gives_the_labels_of_the_loader(labelled: Any, tensors: bool) -> None:
    data = KeyedDataset(Dicts(labelled, tensors=tensors), labelled.augment, seed=3)
    data.set_epoch(5)
    wanted = labelled.want(5)
    if tensors:
        wanted = [{**want, "depth": np.moveaxis(want["depth"], 2, 0)} for want in wanted]
    together = data.__getitems__(list(range(len(data))))
    for i, want in enumerate(wanted):
        for got in (data[i], together[i]):
            assert list(got) == list(want) and all(same(got[name], want[name]) for name in want)
            assert got["depth"].is_contiguous()


def test_workers_of_a_data_loader_give_the_labels_of_the_loader(labelled: Any) -> None:
    data = KeyedDataset(Dicts(labelled, "boxes", "labels", "mask"), labelled.augment, seed=3)
    workers = DataLoader(data, 4, num_workers=2, multiprocessing_context="fork", collate_fn=list)
    for epoch in (0, 2):
        data.set_epoch(epoch)
        got = [sample for batch in workers for sample in batch]
        for sample, want in zip(got, labelled.want(epoch, "boxes", "labels", "mask"), strict=True):
            assert all(same(sample[name], want[name]) for name in want)


def test_a_picture_and_a_dict_of_its_labels(labelled: Any) -> None:
    class Objects(Dicts):
        """As torchvision's data sets of objects are."""

        def __getitem__(self, i: int) -> Any:
            sample = super().__getitem__(i)
            return Image.fromarray(sample.pop("image")), tensors_of(sample), i

    objects = Objects(labelled, "boxes", "labels", "masks", "number")
    data = KeyedDataset(objects, labelled.augment, seed=3)
    wanted = labelled.want(0, "boxes", "labels", "masks", "number")
    for i, (want, sample) in enumerate(zip(wanted, data.__getitems__(range(19)), strict=True)):
        image, labels, rest = sample
        assert rest == i and same(image, want.pop("image")) and list(labels) == list(want)
        assert all(same(labels[name], want[name]) for name in want)
    image, labels = Transform(labelled.augment)(*objects[4][:2])
    assert image.shape == (24, 24, 3) and len(labels["boxes"]) == len(labels["masks"]) == len(labels["labels"])


def test_the_elements_of_a_tuple_may_have_names(labelled: Any) -> None:
    class Scenes(Dicts):
        """As torchvision's data sets of scenes are: two PIL images, the second in a palette or grey."""

        def __getitem__(self, i: int) -> Any:
            sample = super().__getitem__(i)
            mask = Image.fromarray(sample["mask"])
            if i % 2:
                mask.putpalette(bytes(range(256)) * 3)
            return Image.fromarray(sample["image"]), mask

    scenes = Scenes(labelled, "mask")
    data = KeyedDataset(scenes, labelled.augment, seed=3, names=["image", "mask"])
    for i, want in enumerate(labelled.want(0, "mask")):
        image, mask = data[i]
        assert same(image, want["image"]) and same(mask, want["mask"])
    transform = Transform(labelled.augment, names=("image", "mask"))
    image, mask = pickle.loads(pickle.dumps(transform))(*scenes[0])
    assert image.shape[:2] == mask.shape == (24, 24)
    assert repr(transform).endswith(", names=('image', 'mask'))")


@pytest.mark.parametrize(("channels", "target"), [(1, Mask()), (2, Mask(channels=2)), (2, Mask(channels=2, stride=2))])
def test_masks_of_classes_have_their_channels_in_front(channels: int, target: Mask) -> None:
    flip = vg.Compose([vg.HorizontalFlip()], targets={"mask": target})
    mask = torch.arange(24 * channels, dtype=torch.int64).reshape(channels, 4, 6)
    image = torch.zeros(3, int(4 * target.stride), int(6 * target.stride), dtype=torch.uint8)
    got = Transform(flip)({"image": image, "mask": mask})["mask"]
    assert got.dtype == torch.int64 and torch.equal(got, mask.flip(2))
    data = KeyedDataset([{"image": image, "mask": mask}], flip)
    assert torch.equal(data[0]["mask"], mask.flip(2))


@pytest.mark.parametrize("mode", ["1", "I", "F", "I;16"])
def test_masks_are_pil_images_of_any_depth(mode: str) -> None:
    flip = Transform(vg.Compose([vg.HorizontalFlip()]))
    array = np.arange(12).reshape(3, 4).astype({"1": bool, "I": np.int32, "F": np.float32, "I;16": np.uint16}[mode])
    mask = Image.fromarray(array)
    assert mask.mode == mode
    got = flip({"image": np.zeros((3, 4, 3), np.uint8), "mask": mask})["mask"]
    assert same(got, array[:, ::-1])


def test_samples_that_no_one_plan_fits_come_one_by_one(labelled: Any) -> None:
    one = {"image": labelled.images[0], "mask": labelled.fields(0)["mask"]}
    mixed = [one, {"image": labelled.images[1]}, {**one, "image": labelled.images[2][..., 0]}]
    data = KeyedDataset(mixed, labelled.augment, seed=3)
    together = data.__getitems__([0, 1, 2])
    for i, sample in enumerate(together):
        assert set(sample) == set(mixed[i]) and all(torch.equal(sample[name], data[i][name]) for name in sample)
    assert data.__getitems__([]) == []
    fields = [set(sample) for sample in KeyedDataset(mixed, labelled.augment).__getitems__([0, 1])]
    assert fields == [{"image", "mask"}, {"image"}]


# What is refused


def test_a_field_that_is_not_declared_is_refused(labelled: Any) -> None:
    plain = vg.Compose(labelled.augment.ops)
    for form in ({"image": labelled.images[0], "boxes": []}, (labelled.images[0], {"boxes": []})):
        with pytest.raises(InputError, match="unknown field boxes: declared are image, mask, label"):
            Transform(plain)(form)
    with pytest.raises(InputError, match=r'under "image", got \[\'picture\'\]'):
        Transform(plain)({"picture": labelled.images[0]})
    with pytest.raises(InputError, match='the labels of a sample have a field "image"'):
        Transform(plain)((labelled.images[0], {"image": 3}))


@pytest.mark.parametrize(
    ("beside", "form"),
    [
        (Image.new("P", (50, 40)), "Image (50, 40)"),
        (np.zeros((40, 50)), "ndarray (40, 50)"),
        (torch.zeros(3, 4), "Tensor (3, 4)"),
    ],
)
def test_what_may_lie_on_the_picture_is_not_left_behind(labelled: Any, beside: Any, form: str) -> None:
    said = (
        f'a sample has a {form} beside its picture, and what it is was not said: pass names=, such as ("image", "mask")'
    )
    for sample in ((labelled.images[0], beside), (labelled.images[0], {}, beside)):
        with pytest.raises(InputError, match=re.escape(said)):
            Transform(labelled.augment)(sample)
    kept = vg.Compose([], targets={"beside": PerSample()})
    assert Transform(kept, ("image", "beside"))(labelled.images[0], beside)[1] is beside


SAID = r"a sample has a .* beside its picture, and what it is was not said"


@pytest.mark.parametrize("beside", LYING, ids=str)
def test_lists_of_numbers_and_of_dicts_are_not_left_behind(labelled: Any, beside: Any) -> None:
    image = labelled.images[0]
    for sample in ((image, beside), (image, {}, beside), (image, 3, beside)):
        with pytest.raises(InputError, match=SAID):
            Transform(labelled.augment)(sample)
        with pytest.raises(InputError, match=SAID):
            KeyedDataset([sample], labelled.augment)[0]
    with pytest.raises(InputError, match=f"{SAID}.*'label', and so would never move"):
        Transform(labelled.augment, ("image", "label"))(image, beside)


@pytest.mark.parametrize(
    "beside",
    [
        3,
        "owl",
        b"...",
        None,
        torch.tensor(7),
        torch.eye(3)[1],
        [0, 1, 1],
        ["a caption", "another"],
        torch.ones(40).long(),
    ],
)
def test_what_cannot_lie_on_the_picture_is_passed_on(labelled: Any, beside: Any) -> None:
    assert Transform(labelled.augment)((labelled.images[0], beside))[1] is beside
    assert KeyedDataset([(labelled.images[0], beside)], labelled.augment).__getitems__([0])[0][1] is beside
    assert Transform(labelled.augment)({"image": labelled.images[0], "label": beside})["label"] is beside


@pytest.mark.parametrize("name", RESERVED)
def test_a_field_of_a_reserved_name_is_refused(labelled: Any, name: str) -> None:
    sample = {"image": labelled.images[0], name: 3}
    for data in (sample, (labelled.images[0], {name: 3})):
        with pytest.raises(InputError, match=f"a sample: the name '{name}' is taken"):
            Transform(labelled.augment)(data)
        with pytest.raises(InputError, match=f"a sample: the name '{name}' is taken"):
            KeyedDataset([data], labelled.augment)[0]
    with pytest.raises(FieldError, match=f"names: the name '{name}' is taken"):
        Transform(labelled.augment, ("image", name))


def test_names_and_masks_that_cannot_be(labelled: Any) -> None:
    for names in ("mask", ("image", "image"), ("mask",), ("image", 3)):
        with pytest.raises(FieldError, match="names are those of a sample's elements"):
            Transform(labelled.augment, names)
    with pytest.raises(InputError, match="a sample has 3 elements, and names are of 2"):
        Transform(labelled.augment, ("image", "mask"))((1, 2, 3))
    with pytest.raises(InputError, match=r'one number a pixel: mode L, P, .* got "RGB"'):
        Transform(labelled.augment)({"image": labelled.images[0], "mask": Image.new("RGB", (50, 40))})


def test_a_training_loop_of_boxes(labelled: Any) -> None:
    """The loss of a small detector goes down on padded boxes."""
    torch.manual_seed(0)
    augment = vg.Compose(
        [vg.HorizontalFlip(p=0.5), vg.Resize(16), vg.Normalize(layout="CHW")],
        targets={"boxes": Boxes("coco"), "labels": PerInstance(), "mask": Mask()},
    )
    data = labelled.source("boxes", "labels", "mask")
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16 * 16, 4 * 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    loader = Loader(vg.Loader(data, augment, 19, seed=0, workers=2, collate=Padded(4)))
    losses = []
    for _ in range(8):
        for batch in loader:
            predicted = model(batch["image"]).reshape(-1, 4, 4)
            loss = (predicted - batch["boxes"])[batch["instances"]].abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_masks_of_instances_may_be_pil_images() -> None:
    flip = Transform(vg.Compose([vg.HorizontalFlip()], targets={"masks": vg.Mask(stack=True)}))
    picture, one = np.zeros((8, 9, 3), np.uint8), Image.fromarray(np.eye(8, 9, dtype=np.uint8))
    made = flip({"image": picture, "masks": [one, one]})["masks"]
    assert made.shape == (2, 8, 9) and np.array_equal(made[1].numpy(), np.eye(8, 9)[:, ::-1])
    assert flip({"image": picture, "masks": []})["masks"].shape == (0, 8, 9)
    with pytest.raises(vg.InputError, match=r'a mask as a PIL image has one number a pixel: .* got "RGB"'):
        flip({"image": picture, "masks": [Image.fromarray(picture)]})


def test_what_numpy_has_no_dtype_for_is_said() -> None:
    transform = Transform(vg.Compose([vg.HorizontalFlip()], targets={"mask": vg.Mask()}))
    odd, picture = torch.zeros((3, 9, 9), dtype=torch.bfloat16), torch.zeros((3, 9, 9))
    for sample in (odd, {"image": odd}, {"image": picture, "mask": odd[0]}):
        with pytest.raises(vg.InputError, match=r"NumPy has no numbers of torch.bfloat16; give .* tensor.float\(\)"):
            transform(sample)
