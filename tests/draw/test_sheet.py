"""What a training loader gives is seen as a person sees it: one picture, or many on a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import variegate as vg
from variegate import InputError
from variegate.adapters.torch import Loader
from variegate.draw.grid import FRAME, GAP, PAPER

BOXES = {"boxes": vg.Boxes(), "labels": vg.PerInstance()}


def pictures(count: int, height: int = 30, width: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.repeat(np.repeat(rng.integers(0, 256, (count, height // 10, width // 10, 3), np.uint8), 10, 1), 10, 2)


def seen(page: Image.Image) -> np.ndarray:
    return np.asarray(page).astype(int)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize(
    "last",
    [
        lambda layout: [vg.Normalize(layout=layout)],
        lambda layout: [vg.Normalize(0.5, 0.25, layout=layout)],
        lambda layout: [vg.Normalize(layout=layout), vg.ToDtype("float16")],
        lambda layout: [vg.ToDtype("float32", layout=layout)],
        lambda layout: [vg.ToDtype("uint16", layout=layout)],
        lambda layout: [vg.ToDtype("uint8", layout=layout)],
    ],
)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_what_the_last_write_did_is_undone(layout: str, last: Any, as_tensor: bool) -> None:
    image = pictures(1)[0]
    augment = vg.Compose([vg.Compose([vg.HorizontalFlip(), *last(layout)])])
    made = augment(image)
    given = torch.from_numpy(made) if as_tensor and made.dtype != np.uint16 else made
    for sample in (given, {"image": given}):
        assert np.abs(seen(vg.draw(sample, augment, width=40)) - image[:, ::-1]).max() <= 1


def test_numbers_without_a_range_are_shown_from_the_least_to_the_largest() -> None:
    ramp = np.linspace(-1000, 3000, 30 * 40, dtype=np.float32).reshape(30, 40, 1)
    augment = vg.Compose([vg.Normalize(1000.0, 500.0)], white=None)
    shown = seen(vg.draw(augment(ramp), augment, width=40))[..., 0]
    assert np.abs(shown - np.rint((ramp[..., 0] + 1000) / 4000 * 255)).max() <= 1


def test_a_picture_with_its_channels_first_needs_no_pipeline() -> None:
    image = pictures(1)[0]
    assert np.array_equal(seen(vg.draw(image.transpose(2, 0, 1), width=40)), image)
    assert np.array_equal(seen(vg.draw(image.transpose(2, 0, 1)[:1], width=40))[..., 0], image[..., 0])


def test_a_normalised_picture_of_no_pipeline_is_refused() -> None:
    with pytest.raises(InputError, match="Draw before Normalize, or undo it"):
        vg.draw(vg.Compose([vg.Normalize()])(pictures(1)[0]))


@pytest.mark.parametrize("form", [np.asarray, list, torch.from_numpy, lambda batch: {"image": batch, "epoch": 3}])
def test_a_page_of_a_batch(form: Any) -> None:
    batch = pictures(5)
    page = vg.sheet(None, form(batch), cell=40)
    assert page.size == (GAP + 3 * (40 + GAP), GAP + 2 * (40 + GAP))  # five pictures, in rows of three
    for n, picture in enumerate(batch):
        left, top = GAP + n % 3 * (40 + GAP), GAP + n // 3 * (40 + GAP) + 5
        assert np.array_equal(seen(page)[top : top + 30, left : left + 40], picture)
    assert FRAME not in {colour for _, colour in page.getcolors(10**6)}
    assert page.getpixel((GAP + 2 * (40 + GAP) + 20, GAP + 40 + GAP + 20)) == PAPER


def test_a_batch_is_drawn_with_its_labels_also_padded() -> None:
    batch = {"image": pictures(3), "boxes": [np.array([[5, 5, 30, 20]], float)] * 3, "labels": [np.array([1])] * 3}
    page = seen(vg.sheet(BOXES, batch, cell=40))
    padded = {
        "image": batch["image"],
        "boxes": np.array([[[5, 5, 30, 20], [0, 0, 0, 0]]] * 3, float),
        "labels": np.array([[1, 0]] * 3),
        "instances": np.array([[True, False]] * 3),
    }
    assert np.array_equal(page, seen(vg.sheet(BOXES, padded, cell=40)))
    assert not np.array_equal(page, seen(vg.sheet(None, batch["image"], cell=40)))


def test_variations_are_those_of_a_loader_and_begin_with_what_was_given() -> None:
    augment, batch = vg.Compose([vg.RandomResizedCrop(40), vg.Normalize(layout="CHW")]), pictures(2)
    page = vg.sheet(augment, batch, variations=3, seed=7, cell=40)
    assert page.size == (GAP + 4 * (40 + GAP), GAP + 2 * (40 + GAP))
    plain = vg.Compose([vg.RandomResizedCrop(40)])
    for row in range(2):
        top = GAP + row * (40 + GAP)
        assert np.array_equal(seen(page)[top + 5 : top + 35, GAP : GAP + 40], batch[row])
        for v in range(3):
            left = GAP + (v + 1) * (40 + GAP)
            wanted = plain(batch[row], key=vg.Key(seed=7, id=row, variation=v)).astype(int)
            assert np.abs(seen(page)[top : top + 40, left : left + 40] - wanted).max() <= 1
    assert FRAME in {colour for _, colour in page.getcolors(10**6)}


@pytest.mark.parametrize(
    ("targets", "samples", "options", "told"),
    [
        (None, [], {}, "sheet takes one picture or more, got none"),
        (None, pictures(1)[0], {}, r"an array \(30, 40, 3\): of one write \[picture\], or draw"),
        (None, 3, {}, "sheet takes a batch, an array of pictures, a list, a loader or a source; got int$"),
        (None, "photos", {}, "a list, a loader or a source; got str"),
        (None, {"images": []}, {}, r"a batch of sheet is a dict with image, got \['images'\]"),
        (None, {"image": pictures(1)[0]}, {}, r"got an array \(30, 40, 3\): of one sample write \[sample\]"),
        (
            vg.Compose([]),
            iter([]),
            {},
            r"got list_iterator\. Of other batches write sheet\(augment, next\(iter\(batches",
        ),
        (
            pictures(1),
            vg.Compose([]),
            {},
            r"sheet takes the pipeline first, and then the samples: sheet\(augment, sampl",
        ),
        (vg.Compose([]), None, {}, r"sheet\(augment, images\), or a loader or a source alone; got Compose alone"),
        (pictures(1), None, {}, "or a source alone; got ndarray alone"),
        (None, pictures(1), {"variations": 2}, "variations of sheet are those of a pipeline, and None is none"),
    ],
)
def test_what_makes_no_page(targets: Any, samples: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        vg.sheet(targets, samples, **options)


@pytest.mark.parametrize("options", [{"variations": -1}, {"cell": 0}, {"columns": 0}, {"columns": 1.5}])
def test_numbers_that_make_no_page(options: dict[str, Any]) -> None:
    with pytest.raises(vg.FieldError, match=f"sheet: {next(iter(options))} is an integer of"):
        vg.sheet(vg.Compose([]), pictures(1), **options)


def labelled(count: int = 5) -> vg.Arrays:
    fields = {"boxes": [np.array([[0.5, 0.5, 0.4, 0.6]])] * count, "labels": [np.array([1])] * count}
    targets = {"boxes": vg.Boxes("yolo"), "labels": vg.PerInstance()}
    return vg.Arrays(pictures(count), fields=fields, targets=targets, classes=["cat", "dog"])


def test_a_loader_shows_the_first_batch_of_its_next_epoch_and_stays_where_it_is() -> None:
    source = labelled()
    targets = {"boxes": vg.Boxes("yolo", out="xyxy")}
    augment = vg.Compose([vg.RandomCrop(20), vg.Normalize(layout="CHW")], targets=targets)
    loader = vg.Loader(source, augment, batch_size=4, seed=3)
    for _ in loader:
        pass
    page = vg.sheet(loader, cell=40)
    assert loader.next_place == (1, 0)
    assert np.array_equal(seen(page), seen(vg.sheet(augment, loader, cell=40)))
    assert not np.array_equal(seen(page), seen(vg.sheet(loader, classes=["cat", "cow"], cell=40)))
    batch = next(iter(loader))
    known = loader.targets
    assert known is not None
    named = vg.sheet(replace(augment, targets=known), batch, classes=["cat", "dog"], cell=40)
    assert np.array_equal(seen(page), seen(named))


def test_a_frameworks_loader_shows_the_one_within() -> None:
    loader = vg.Loader(vg.Arrays(pictures(3)), vg.Compose([vg.HorizontalFlip()]), batch_size=2)
    assert np.array_equal(seen(vg.sheet(Loader(loader), cell=40)), seen(vg.sheet(loader, cell=40)))


def test_a_source_is_shown_as_it_is_read_whatever_the_pipeline_writes() -> None:
    source = labelled()
    targets = {"boxes": vg.Boxes("yolo", out="xyxy"), "labels": vg.PerInstance()}
    augment = vg.Compose([vg.HorizontalFlip(), vg.Normalize()], targets=targets)
    samples = [source[n] for n in range(5)]
    assert source.targets is not None
    wanted = seen(vg.sheet(source.targets.back, samples, classes=["cat", "dog"], cell=40))
    assert np.array_equal(seen(vg.sheet(source, cell=40)), wanted)
    assert np.array_equal(seen(vg.sheet(augment, source, cell=40)), wanted)
    assert vg.sheet(source[:2], cell=40).size[1] < vg.sheet(source, cell=40).size[1]


def test_variations_of_a_source_and_of_a_loader_have_its_ids() -> None:
    source = labelled()[2:4]
    augment = vg.Compose([vg.Rotate((-90, 90))])
    page = seen(vg.sheet(vg.Loader(source, augment), variations=2, seed=5, classes=[""] * 2, cell=40))
    assert np.array_equal(page, seen(vg.sheet(augment, source, variations=2, seed=5, classes=[""] * 2, cell=40)))
    known = replace(augment, targets=source.targets)
    for row in range(2):
        made = known(**source[row], key=vg.Key(seed=5, id=source.id(row), variation=1))
        wanted = seen(vg.draw(made, known, width=40, classes=[""] * 2))
        top, left = GAP + row * (40 + GAP) + 5, GAP + 2 * (40 + GAP)
        assert np.array_equal(page[top : top + 30, left : left + 40], wanted)


def test_at_most_64_are_shown() -> None:
    assert vg.sheet(None, pictures(70), cell=16).size == (GAP + 8 * (16 + GAP),) * 2


def test_variations_of_a_pipeline_that_mixes_take_partners_from_the_others():
    augment = vg.Compose([vg.CutMix()])
    black, white = np.zeros((30, 40, 3), np.uint8), np.full((30, 40, 3), 255, np.uint8)
    page = np.asarray(vg.sheet(augment, [black, white], variations=3, cell=40))
    cells = page[page.shape[0] // 4, :, 0]  # a line through the first row: its pictures are of both
    assert (cells == 0).any() and (cells == 255).any()
    alone = vg.sheet(augment.without(), [black, white], variations=3, cell=40)
    assert alone.size == vg.sheet(augment, [black, white], variations=3, cell=40).size
    assert np.asarray(alone).tobytes() != page.tobytes()
    with pytest.raises(vg.InputError, match=r"^CutMix mixes samples, and there is no other here\."):
        vg.sheet(augment, [black], variations=3)


def test_a_batch_of_mixed_samples_is_drawn():
    source = vg.Arrays(np.zeros((6, 30, 40, 3), np.uint8), np.arange(6) % 2)
    loader = vg.Loader(source, vg.Compose([vg.MixUp(1.0)]), batch_size=6, workers=0, one_hot=2)
    assert vg.sheet(loader.augment, next(iter(loader)), columns=3, cell=40).width > 3 * 40
