"""Mosaic against pictures that NumPy puts side by side, and its labels against those of each picture alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.errors import FieldError, InputError, PipelineError

FILL = 99


def pictures(count: int, channels: int = 3, dtype: str = "uint8") -> list[np.ndarray]:
    """Of other sizes and brightness, and of noise that tells every pixel."""
    rng = np.random.default_rng(count)
    sizes = [(40 + 7 * k % 31, 50 + 11 * k % 37) for k in range(count)]
    made = [rng.integers(0, 40 + 40 * (k % 5), (*size, channels)).astype(dtype) for k, size in enumerate(sizes)]
    return [each / np.float32(255) if dtype == "float32" else each for each in made]


def chosen(augment: vg.Compose, key: vg.Key, count: int) -> list[int]:
    """Which of the pictures lies at each place."""
    drawn = augment.params(key)["Mosaic"]["partner"]
    return [0, *(1 + int(u * (count - 1)) for u in drawn)]


def by_hand(augment: vg.Compose, key: vg.Key, given: list[np.ndarray], size: int, grid: int = 2) -> np.ndarray:
    """The mosaic as NumPy puts it together."""
    drawn = augment.params(key)["Mosaic"]
    canvas = np.full((size, size, given[0].shape[2]), FILL, given[0].dtype)
    lines = []
    for middle in (drawn["y"], drawn["x"]):
        inner = [int(np.rint((k / grid + middle - 0.5) * size)) for k in range(1, grid)]
        lines.append([0, *(min(max(at, k), size - grid + k) for k, at in enumerate(inner, 1)), size])
    for place, which in enumerate(chosen(augment, key, len(given))):
        image = given[which]
        spans = []
        for axis, at in enumerate(divmod(place, grid)):
            begin, end, own = lines[axis][at], lines[axis][at + 1], image.shape[axis]
            first = end - own if 2 * at + 1 < grid else begin if 2 * at + 1 > grid else (begin + end - own) // 2
            low, high = max(begin, first), min(end, first + own)
            spans.append((slice(low, max(high, low)), slice(low - first, max(high, low) - first)))
        (rows, from_rows), (columns, from_columns) = spans
        canvas[rows, columns] = image[from_rows, from_columns]
    return canvas


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("grid", [2, 3, 5])
def test_pictures_lie_side_by_side(grid, channels, dtype):
    given = pictures(6, channels, dtype)
    fill = FILL if dtype != "float32" else float(FILL)
    augment = vg.Compose([vg.Mosaic(120, grid=grid, fill=fill)], white=None if dtype == "float32" else "dtype")
    for seed in range(4):
        key = vg.Key(seed)
        made = augment(given[0], key=key, partners=given[1:])
        assert made.tobytes() == by_hand(augment, key, given, 120, grid).tobytes()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_what_follows_reads_the_mosaic_as_if_it_were_a_picture(seed):
    """By nearest, to the bit: each pixel is one of a picture's, whichever way it is read."""
    given = pictures(4)
    tail = [
        vg.Affine(rotate=(-40, 40), scale=(0.7, 1.4), x=(-0.2, 0.2), fill=FILL),
        vg.RandomCrop(70),
        vg.Gamma((0.5, 2)),
        vg.HorizontalFlip(p=0.5),
    ]
    options = {"interpolation": "nearest", "antialias": False}
    augment, behind = vg.Compose([vg.Mosaic(120, fill=FILL), *tail], **options), vg.Compose(tail, **options)
    key = vg.Key(seed)
    whole = by_hand(augment, key, given, 120)
    assert augment(given[0], key=key, partners=given[1:]).tobytes() == behind(whole, key=key).tobytes()


@pytest.mark.parametrize(
    "tail",
    [
        [vg.GaussianBlur(2)],
        [vg.Brightness(0.8), vg.Contrast((0.5, 0.6)), vg.Rotate((-20, 20))],
        [vg.CenterCrop(60), vg.Equalize()],
        [vg.GaussianNoise(0.1), vg.CoarseDropout((2, 5))],
        [vg.Elastic(0.02)],
        [vg.Gamma(0.5), vg.Rotate(30), vg.Normalize(layout="CHW")],
        [vg.ToDtype("float32", layout="CHW")],
        [vg.MedianBlur(), vg.JPEG(50)],
    ],
    ids=lambda tail: " ".join(type(op).__name__ for op in tail),
)
def test_ops_that_see_more_than_a_pixel_see_the_mosaic_as_a_whole(tail):
    given = pictures(4)
    options = {"interpolation": "nearest", "antialias": False}
    augment, behind = vg.Compose([vg.Mosaic(100, fill=FILL), *tail], **options), vg.Compose(tail, **options)
    for seed in range(3):
        key = vg.Key(seed)
        made = augment(given[0], key=key, partners=given[1:])
        want = behind(by_hand(augment, key, given, 100), key=key)
        assert made.dtype == want.dtype and made.shape == want.shape
        assert np.abs(made.astype(np.float64) - want).max() <= (1 if made.dtype == np.uint8 else 1e-5)


def test_ops_before_it_are_drawn_by_each_sample_s_own_key():
    given = pictures(4)
    augment = vg.Compose([vg.Rotate(vg.Choice((0, 90, 180)), name="turn"), vg.Mosaic(120, fill=FILL)])
    alone, plain = augment.without(), vg.Compose([vg.Mosaic(120, fill=FILL)])
    keys = [vg.Key(5, 2, 30 + k) for k in range(4)]
    partners = [{"image": image, "key": own} for image, own in zip(given[1:], keys[1:], strict=True)]
    turned = [alone(image, key=own) for image, own in zip(given, keys, strict=True)]
    made = augment(image=given[0], key=keys[0], partners=partners)["image"]
    assert made.tobytes() == plain(turned[0], key=keys[0], partners=turned[1:]).tobytes()


def test_a_sample_that_it_skips_is_as_without_it():
    given = pictures(4)
    augment = vg.Compose([vg.Mosaic(120, fill=FILL, p=0.5), vg.Resize(64)])
    kinds = set()
    for seed in range(12):
        key = vg.Key(seed)
        made, applied = augment(given[0], key=key, partners=given[1:]), augment.params(key)["Mosaic"]["applied"]
        same = made.tobytes() == augment.without()(given[0], key=key).tobytes()
        assert same != applied
        kinds.add(applied)
    assert kinds == {True, False}


TARGETS = {
    "boxes": vg.Boxes("xyxy", group="o", min_visible=0.2),
    "grey": vg.PerInstance(group="o"),
    "masks": vg.Mask(stack=True, group="o"),
    "points": vg.Keypoints("xyv", group="o"),
    "polygons": vg.Polygons(group="o"),
    "mask": vg.Mask(ignore_index=255),
    "label": vg.Classes(5),
    "depth": vg.Image(fill=7),
}


def labelled(image: np.ndarray, k: int) -> dict[str, object]:
    """A picture with a rectangle, of which everything tells."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = 8, 6, 8 + width // 2, 6 + height // 2
    mask = np.zeros((height, width), np.uint8)
    mask[y0:y1, x0:x1] = 1
    return {
        "image": image, "boxes": [[x0, y0, x1, y1]], "grey": [k], "masks": mask[None],
        "points": [[[(x0 + x1) / 2, (y0 + y1) / 2, 2]]], "polygons": [[[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]]],
        "mask": np.where(mask > 0, k, 255).astype(np.uint8), "label": k,
        "depth": np.full((height, width), 10 + k, np.uint16),
    }  # fmt: skip


def test_labels_follow_their_pictures():
    given = [labelled(image, k) for k, image in enumerate(pictures(5))]
    augment = vg.Compose([vg.Mosaic(120, fill=FILL)], targets=TARGETS)
    for seed in range(6):
        key = vg.Key(seed)
        made = augment(**given[0], key=key, partners=given[1:])
        depth = made["depth"].astype(np.int64)
        counts = np.bincount(np.maximum(depth.ravel() - 10, -1) + 1, minlength=6)[1:]
        assert np.allclose(made["label"], counts / counts.sum(), atol=1e-6)
        assert set(depth[depth < 10].tolist()) <= {7}
        rows = len(made["boxes"])
        assert rows == len(made["grey"]) == len(made["masks"]) == len(made["points"]) == len(made["polygons"]) > 0
        for box, grey, mask in zip(made["boxes"], made["grey"], made["masks"], strict=True):
            assert (made["mask"][mask > 0] == grey).all() and (depth[mask > 0] == 10 + grey).all()
            ys, xs = np.nonzero(mask)
            assert np.allclose(box, [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], atol=1e-4)
        assert set(np.unique(made["mask"])) <= {*range(5), 255}


def test_inverse_takes_labels_back_to_each_of_the_pictures():
    given = [{"image": image, "boxes": [[10, 12, 22, 30]]} for image in pictures(4)]
    targets = {"boxes": vg.Boxes("xyxy", dtype="float64", clip=False)}
    augment = vg.Compose(
        [vg.Mosaic(160, fill=FILL), vg.Affine(scale=(0.6, 0.7), fill=FILL), vg.HorizontalFlip(p=0.5)], targets=targets
    )
    for seed in range(5):
        key = vg.Key(seed)
        made, record = augment(**given[0], key=key, partners=given[1:], return_params=True)
        assert len(made["boxes"]) == 4
        for part, which in enumerate(chosen(augment, key, 4)):
            inverse = augment.inverse(record, part=part)
            assert inverse.size == given[which]["image"].shape[:2]
            assert np.allclose(inverse(boxes=made["boxes"][part : part + 1])["boxes"], [[10, 12, 22, 30]], atol=1e-6)
    with pytest.raises(InputError, match="part is 0 to 3, got 4"):
        augment.inverse(record, part=4)


def test_a_record_makes_it_again():
    given = pictures(4)
    augment = vg.Compose([vg.HorizontalFlip(p=0.5), vg.Mosaic(100, fill=FILL), vg.Rotate((-30, 30)), vg.MixUp(1.0)])
    made, record = augment(given[0], partners=given[1:], return_params=True)
    assert augment.replay(record, given[0], partners=given[1:]).tobytes() == made.tobytes()
    with pytest.raises(InputError, match="3 partners, got 2"):
        augment.replay(record, given[0], partners=given[1:3])


def test_it_makes_the_same_in_a_loader_for_any_workers_batches_and_ranks():
    images = np.random.default_rng(0).integers(0, 256, (150, 20, 24, 3), np.uint8)
    source = vg.Arrays(images, np.arange(150) % 7)
    augment = vg.Compose(
        [
            vg.HorizontalFlip(p=0.5),
            vg.Mosaic(48, p=0.8),
            vg.Affine(rotate=(-20, 20)),
            vg.CenterCrop(20),
            vg.MixUp(p=0.5),
        ]
    )

    def made(world: int = 1, **options: object) -> dict[int, bytes]:
        found = {}
        for rank in range(world):
            loader = vg.Loader(source, augment, seed=3, rank=rank, world_size=world, one_hot=7, **options)
            for batch in loader:
                for image, label, own in zip(batch["image"], batch["label"], batch["id"].tolist(), strict=True):
                    assert abs(label.sum() - 1) < 1e-5
                    found[own] = image.tobytes() + label.tobytes()
        return found

    whole = made(batch_size=64, workers=0)
    assert len(whole) == 150
    assert made(batch_size=7, workers=2) == whole
    assert made(batch_size=9, workers=1, world=3) == whole
    assert made(batch_size=50, workers=2, memory="2MB") == whole


def test_a_partner_in_a_loader_is_its_sample_under_its_own_key():
    """What the Loader makes is what a call makes of the same samples, given the partners that the places tell."""
    images = np.random.default_rng(0).integers(0, 256, (40, 20, 24, 3), np.uint8)
    source = vg.Arrays(images)
    augment = vg.Compose([vg.HorizontalFlip(p=0.5), vg.Mosaic(48)])
    loader = vg.Loader(source, augment, seed=3, batch_size=40, workers=0)
    (batch,) = loader
    order, ids = batch["index"].tolist(), batch["id"].tolist()
    for n in range(8):
        others = [m for m in range(40) if m != n]
        drawn = augment.params(vg.Key(3, 0, ids[n]))["Mosaic"]["partner"]
        who = [others[int(u * 39)] for u in drawn]
        partners = [{"image": images[order[m]], "key": vg.Key(3, 0, ids[m])} for m in who]
        plain = vg.Compose([vg.HorizontalFlip(p=0.5)])
        flipped = [plain(images[order[m]], key=vg.Key(3, 0, ids[m])) for m in (n, *who)]
        centre = augment.params(vg.Key(3, 0, ids[n]))["Mosaic"]
        y, x = (int(np.rint(centre[axis] * 48)) for axis in ("y", "x"))
        want = np.zeros((48, 48, 3), np.uint8)
        for place, image in enumerate(flipped):
            rows = (max(y - 20, 0), y) if place < 2 else (y, min(y + 20, 48))
            columns = (max(x - 24, 0), x) if place % 2 == 0 else (x, min(x + 24, 48))
            part = image[-(rows[1] - rows[0]) :] if place < 2 else image[: rows[1] - rows[0]]
            part = part[:, -(columns[1] - columns[0]) :] if place % 2 == 0 else part[:, : columns[1] - columns[0]]
            want[slice(*rows), slice(*columns)] = part
        assert (batch["image"][n] == want).all(), partners[0]["key"]


def test_what_cannot_be_is_refused():
    with pytest.raises(PipelineError, match="Mosaic#2 stands behind Mosaic"):
        vg.Compose([vg.Mosaic(64), vg.Mosaic(64)])(pictures(1)[0], partners=pictures(2))
    with pytest.raises(PipelineError, match="stands behind MixUp"):
        vg.Compose([vg.MixUp(), vg.Mosaic(64)])(pictures(1)[0], partners=pictures(2))
    with pytest.raises(PipelineError, match="looks at labels, and behind Mosaic"):
        vg.Compose([vg.Mosaic(64), vg.RandomIoUCrop()])(pictures(1)[0], partners=pictures(2))
    for slip in ((0.7, 0.3), 0.5, (0, 1)):
        with pytest.raises(FieldError, match=r"Mosaic\.center"):
            vg.Mosaic(64, center=slip)
    with pytest.raises(InputError, match="Mosaic mixes samples"):
        vg.Compose([vg.Mosaic(64)])(pictures(1)[0])
    given = pictures(3)
    targets = {"boxes": vg.Boxes("xyxy")}
    with pytest.raises(InputError, match="Mosaic: the picture has the fields"):
        vg.Compose([vg.Mosaic(64)], targets=targets)(image=given[0], boxes=[[0, 0, 4, 4]], partners=given[1:])


def test_explain_tells_of_its_pictures():
    told = vg.Compose([vg.Mosaic(64, grid=3), vg.Rotate((-9, 9)), vg.MixUp()]).explain()
    assert "Mosaic(size=(64, 64), grid=3): 9 pictures, each through a plan like this" in told
    assert "a place in a mosaic of 3 x 3" in told and "1 resampling" in told
    assert "mix        MixUp(), of the result and a partner's" in told


@pytest.mark.parametrize("last", [vg.Resize((20, 20)), vg.Resize((60, 60)), vg.Letterbox((30, 30))], ids=repr)
@pytest.mark.parametrize("flips", [[], [vg.HorizontalFlip()], [vg.Rotate90()]], ids=repr)
def test_a_pixel_on_a_seam_is_of_one_picture(flips, last):
    """Of masks that cover all: where the centre of a pixel lies on a seam, only who is seen there has it."""
    targets = {"masks": vg.Mask(stack=True), "classes": vg.Mask()}
    augment = vg.Compose([vg.Mosaic(40), *flips, last], targets=targets)

    def whole(n):
        size = (40, 40)
        return {
            "image": np.zeros((*size, 3), np.uint8),
            "masks": np.ones((1, *size), np.uint8),
            "classes": np.full(size, n + 1, np.uint8),
        }

    for key in range(30):
        made = augment(**whole(0), key=key, partners=[whole(n) for n in (1, 2, 3)])
        assert np.asarray(made["masks"]).sum(axis=0).max() <= 1
        assert np.array_equal(np.asarray(made["masks"]).sum(axis=0) > 0, made["classes"] > 0)
