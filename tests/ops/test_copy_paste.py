"""CopyPaste: each pixel is one of two pictures', and labels tell what is seen."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.errors import FieldError, InputError
from variegate.kernels.blend import soft
from variegate.pipeline.mix import PartneredSample, blended

SIZE = (90, 110)
TARGETS = {
    "masks": vg.Mask(stack=True, group="o"),
    "boxes": vg.Boxes("xyxy", group="o"),
    "polygons": vg.Polygons(group="o", holes=True),
    "points": vg.Keypoints("xyv", group="o"),
    "ids": vg.PerInstance(group="o"),
    "classes": vg.Mask(),
    "label": vg.Classes(2),
    "depth": vg.Image(),
}


def sample(n: int, count: int = 5, **without: bool) -> dict[str, object]:
    """A picture of noise with rectangles on it, of which everything tells."""
    rng = np.random.default_rng(n)
    edges = []
    for _ in range(count):
        y, x = rng.integers(0, SIZE[0] - 30), rng.integers(0, SIZE[1] - 30)
        edges.append((x, y, x + rng.integers(8, 30), y + rng.integers(8, 30)))
    masks = np.zeros((count, *SIZE), np.uint8)
    for mask, (x0, y0, x1, y1) in zip(masks, edges, strict=True):
        mask[y0:y1, x0:x1] = 1
    return {
        "image": rng.integers(0, 256, (*SIZE, 3), np.uint8),
        "masks": masks,
        "boxes": np.array(edges, np.float64).reshape(-1, 4),
        "polygons": [[[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]] for x0, y0, x1, y1 in edges],
        "points": np.array([[x0 + x1, y0 + y1, 4] for x0, y0, x1, y1 in edges]).reshape(-1, 1, 3) // 2 + (0.5, 0.5, 0),
        "ids": [100 * n + k for k in range(count)],
        "classes": np.full(SIZE, n, np.uint8),
        "label": n,
        "depth": np.full(SIZE, n, np.uint16),
    }  # fmt: skip


def covered(made: dict[str, object]) -> np.ndarray:
    """The pixels of the partner's objects in a result."""
    own = [mask > 0 for mask, name in zip(made["masks"], made["ids"], strict=True) if name >= 100]
    return np.logical_or.reduce(own) if own else np.zeros(SIZE, bool)


@pytest.mark.parametrize("holes", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_everything_tells_of_the_same_pixels(seed, holes):
    """Also where an object lies in the middle of another: a polygon without holes comes in parts then."""
    polygons = vg.Polygons(group="o", holes=holes)
    augment = vg.Compose([vg.CopyPaste((1, 4), edge=0)], targets=TARGETS | {"polygons": polygons})
    own, other = sample(0), sample(1)
    made = augment(**own, key=vg.Key(seed), partners=[other])
    cover = covered(made)
    assert cover.any()
    assert (made["image"] == np.where(cover[..., None], other["image"], own["image"])).all()
    assert (made["classes"] == cover).all() and (made["depth"] == cover).all()
    assert np.allclose(made["label"], [1 - cover.mean(), cover.mean()], atol=1e-6)
    for name, mask, box, polygon, point in zip(
        made["ids"], made["masks"], made["boxes"], made["polygons"], made["points"], strict=True
    ):
        origin = other if name >= 100 else own
        before = origin["masks"][name % 100] > 0
        want = before if name >= 100 else before & ~cover
        assert ((mask > 0) == want).all() and want.any()
        rows, columns = np.nonzero(want)
        assert np.allclose(box, [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        extent = area(polygon) if holes else sum(area([ring]) for ring in polygon)
        assert abs(extent - np.count_nonzero(want)) < 1e-6
        x, y, v = point[0]
        assert (v == 2) == bool(want[int(y), int(x)])
    gone = {name for name in own["ids"] if not ((own["masks"][name] > 0) & ~cover).any()}
    assert gone == set(own["ids"]) - set(made["ids"])


def area(rings: list[np.ndarray]) -> float:
    """Of outlines and their holes, as they come: outer rings turn the other way than holes."""
    total = 0.0
    for ring in rings:
        x, y = np.asarray(ring, np.float64).T
        total += (np.roll(x, -1) * y - x * np.roll(y, -1)).sum() / 2
    return abs(total)


def test_no_object_is_the_identity():
    augment, own = vg.Compose([vg.CopyPaste(0)], targets=TARGETS), sample(0)
    for partner in (sample(1), sample(1, 0)):
        made = augment(**own, key=vg.Key(1), partners=[partner])
        assert made["image"].tobytes() == own["image"].tobytes() and made["ids"] == own["ids"]
    made = vg.Compose([vg.CopyPaste(3)], targets=TARGETS)(**own, key=vg.Key(1), partners=[sample(1, 0)])
    assert made["image"].tobytes() == own["image"].tobytes() and made["ids"] == own["ids"]


def test_how_many_are_pasted_and_each_as_often():
    augment, own, other = vg.Compose([vg.CopyPaste(2)], targets=TARGETS), sample(0), sample(1)
    counts = np.zeros(5, int)
    for seed in range(60):
        made = augment(**own, key=vg.Key(seed), partners=[other])
        names = [name - 100 for name in made["ids"] if name >= 100]
        assert len(names) == 2 and names == sorted(names)
        counts[names] += 1
    assert counts.min() > 10


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_edges_are_blended_by_a_gaussian_and_nothing_beyond_their_reach(dtype, layout):
    scipy = pytest.importorskip("scipy.ndimage", reason="the truth of a Gaussian")
    own, other = sample(0), sample(1)
    for each in (own, other):
        each["image"] = each["image"].astype(dtype) / (np.float32(255) if dtype == "float32" else 1)
        each["image"] = each["image"].astype(dtype)
    steps = [vg.CopyPaste(2, edge=1.5), vg.ToDtype(dtype, layout=layout)]
    made = vg.Compose(steps, targets=TARGETS)(**own, key=vg.Key(4), partners=[other])
    image = np.moveaxis(made["image"], 0, 2) if layout == "CHW" else made["image"]
    alpha = scipy.gaussian_filter(covered(made).astype(np.float64), 1.5, mode="nearest", radius=5)[..., None]
    want = own["image"] * (1 - alpha) + other["image"] * alpha
    step = 1e-5 if dtype == "float32" else 0.51
    assert np.abs(image - want).max() <= step + (0 if dtype == "float32" else 1e-3)
    far = alpha[..., 0] == 0
    assert far.any() and (image[far] == own["image"][far]).all()


def test_soft_is_the_cover_without_an_edge():
    cover = np.random.default_rng(0).random((9, 12)) < 0.3
    assert (soft(cover, 0) == cover).all() and (soft(np.zeros((4, 4), bool), 2) == 0).all()
    assert soft(np.ones((7, 5), bool), 3).tolist() == np.ones((7, 5), np.float32).tolist()


def test_boxes_lie_tight_around_what_masks_tell_is_left():
    """Of discs, whose corners of the box are empty."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    names = ("masks", "boxes", "ids")
    augment = vg.Compose([vg.CopyPaste(1, edge=0)], targets={name: TARGETS[name] for name in names})
    given = []
    for n, across in enumerate((50, 70)):
        disc = ((y - 45) ** 2 + (x - across) ** 2 < 20**2).astype(np.uint8)
        box = [[across - 20, 25, across + 20, 65]]
        given.append({"image": sample(n)["image"], "masks": disc[None], "boxes": box, "ids": [100 * n]})
    made = augment(**given[0], key=vg.Key(0), partners=given[1:])
    left = (given[0]["masks"][0] > 0) & (given[1]["masks"][0] == 0)
    rows, columns = np.nonzero(left)
    assert made["ids"] == [0, 100] and columns.max() < 65
    assert made["boxes"][0].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_the_share_that_labels_of_a_source_go_by_is_that_of_the_picture():
    pipeline = vg.Compose([vg.CopyPaste(2, edge=0)], targets=TARGETS)

    def planned(n, *about):
        return pipeline.plan(vg.Keys.of([vg.Key(n)]), *about, mixes=True)

    both = PartneredSample(pipeline, None, sample(0), [sample(1)], planned)
    value, share = blended(both.plans[0], both.value(0, 0), both.value(1, 0), both.plans[0].blend(0, 0))
    assert 0.5 < share < 1 and share == np.mean((value.image == both.pictures[0]).all(axis=2))


def test_polygons_alone_tell_the_pixels():
    names = ("polygons", "ids")
    augment = vg.Compose([vg.CopyPaste(2, edge=0)], targets={name: TARGETS[name] for name in names})
    own, other = ({name: each[name] for name in ("image", *names)} for each in (sample(0), sample(1)))
    made = augment(**own, key=vg.Key(2), partners=[other])
    pasted = [name - 100 for name in made["ids"] if name >= 100]
    cover = np.logical_or.reduce(sample(1)["masks"][pasted] > 0)
    assert (made["image"] == np.where(cover[..., None], other["image"], own["image"])).all()


def test_masks_of_a_stride_tell_as_many_pixels_of_the_picture():
    targets = {"masks": vg.Mask(stack=True, group="o", stride=2), "ids": vg.PerInstance(group="o")}
    augment = vg.Compose([vg.CopyPaste(1, edge=0)], targets=targets)
    own, other = (
        {"image": s["image"], "masks": s["masks"][:, ::2, ::2], "ids": s["ids"]} for s in (sample(0), sample(1))
    )
    made = augment(**own, key=vg.Key(2), partners=[other])
    cover = covered(made | {"masks": made["masks"].repeat(2, axis=1).repeat(2, axis=2)})
    assert (made["image"] == np.where(cover[..., None], other["image"], own["image"])).all()


def test_what_cannot_be_is_refused():
    own, other = sample(0)["image"], sample(1)["image"]
    with pytest.raises(InputError, match="CopyPaste takes objects by their masks or polygons"):
        vg.Compose([vg.CopyPaste()])(own, partners=[other])
    with pytest.raises(FieldError, match=r"CopyPaste\.edge"):
        vg.CopyPaste(edge=-1)
    with pytest.raises(FieldError, match=r"CopyPaste\.objects"):
        vg.CopyPaste((-1, 3))
    targets = {"masks": TARGETS["masks"]}
    given = [{"image": np.zeros((9, width), np.uint8), "masks": np.zeros((0, 9, width), np.uint8)} for width in (9, 10)]
    with pytest.raises(InputError, match="mixes pictures of one size"):
        vg.Compose([vg.CopyPaste(1)], targets=targets)(**given[0], partners=given[1:])
