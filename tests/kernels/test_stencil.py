"""Filters: what SciPy makes, whatever lies beyond the edge; a row's own weights; and what is skipped or refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import ndimage

import variegate as vg
from variegate import testing
from variegate.ops import effect as effects
from variegate.plan.stage.filter import trimmed

RNG = np.random.default_rng(0)
IMAGE = RNG.random((23, 31, 3), np.float32)
MODES = {"constant": "constant", "edge": "nearest", "reflect": "mirror", "symmetric": "reflect", "wrap": "wrap"}


class Filter(vg.Op):
    """The same weights for every sample."""

    gives = effects.Stencil

    def __init__(self, weights, across=None, border="reflect", own=None, threshold=None, **options):
        super().__init__(**options)
        self._set(weights=np.asarray(weights, np.float64), across=across, border=border, own=own, threshold=threshold)

    def lower(self, draws, sizes, context):
        weights, across = (
            None if each is None else np.stack([np.asarray(each, np.float64)] * len(sizes))
            for each in (self.weights, self.across)
        )
        own, threshold = (None if each is None else np.full(len(sizes), each) for each in (self.own, self.threshold))
        return effects.Stencil(weights, across, self.border, own, threshold)


def padded(image, weights, border):
    """Windows of a picture that numpy.pad has made larger, however small it was."""
    m, n = weights.shape
    around = ((m // 2, m // 2), (n // 2, n // 2), (0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image.astype(np.float64), around, border), (m, n), (0, 1))
    return (windows * weights).sum(axis=(-2, -1))


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 1), (1, 9), (41, 3), (5, 33)])
@pytest.mark.parametrize("shape", [(23, 31, 3), (1, 1, 1), (2, 9, 4), (12, 1, 1)])
def test_numpy_pads_and_weighs_alike(border, size, shape):
    image, weights = RNG.random(shape, np.float32), RNG.dirichlet(np.ones(size[0] * size[1])).reshape(size)
    out = vg.Compose([Filter(weights, border=border)])(image)
    np.testing.assert_allclose(out, padded(image, weights, border), atol=2e-6)


@pytest.mark.parametrize("border", MODES)
def test_scipy_weighs_alike(border):
    weights = RNG.dirichlet(np.ones(15)).reshape(3, 5)
    want = ndimage.correlate(IMAGE.astype(np.float64), weights[:, :, None], mode=MODES[border])
    np.testing.assert_allclose(vg.Compose([Filter(weights, border=border)])(IMAGE), want, atol=2e-6)


@pytest.mark.parametrize("border", MODES)
def test_two_steps_are_one_after_the_other(border):
    down, across = RNG.dirichlet(np.ones(5))[:, None], RNG.dirichlet(np.ones(9))
    first = ndimage.correlate1d(IMAGE.astype(np.float64), down[:, 0], axis=0, mode=MODES[border])
    want = ndimage.correlate1d(first, across, axis=1, mode=MODES[border])
    np.testing.assert_allclose(vg.Compose([Filter(down, across, border)])(IMAGE), want, atol=2e-6)


@pytest.mark.parametrize(("size", "across"), [((3, 5), None), ((5, 1), np.array([0.5, 0.25, 0.25])), ((1, 1), None)])
def test_a_pixel_is_added_as_often_as_the_weights_say(size, across):
    weights = RNG.dirichlet(np.ones(size[0] * size[1])).reshape(size)
    first = padded(IMAGE, weights, "edge")
    want = (first if across is None else padded(first, across[None], "edge")) * -0.5 + 1.5 * IMAGE
    op = Filter(-0.5 * weights, across, "edge", own=1.5)
    np.testing.assert_allclose(vg.Compose([op])(IMAGE), np.clip(want, 0, 1), atol=2e-6)
    testing.assert_fused_equals_reference([vg.Rotate(9), op])


@pytest.mark.parametrize("shape", [(23, 31, 3), (1, 1, 1), (2, 9, 4), (9, 4, 1), (5, 5, 2)])
@pytest.mark.parametrize("size", [(3, 3), (1, 5), (5, 3)])
def test_what_lies_too_near_the_edge_is_kept(shape, size):
    image, weights = RNG.random(shape, np.float32), RNG.dirichlet(np.ones(size[0] * size[1])).reshape(size)
    (height, width), (down, right) = shape[:2], (size[0] // 2, size[1] // 2)
    inner = np.s_[down : max(height - down, 0), right : max(width - right, 0)]
    want = image.astype(np.float64)
    want[inner] = 0.5 * (padded(image, weights, "edge") + want)[inner]
    op = Filter(0.5 * weights, border="keep", own=0.5)
    out = vg.Compose([op], white=None)(image)
    np.testing.assert_allclose(out, want, atol=2e-6)
    edge = np.ones(shape, np.bool_)
    edge[inner] = False
    np.testing.assert_array_equal(out[edge], image[edge])
    testing.assert_fused_equals_reference([vg.Rotate(9), op])


@pytest.mark.parametrize(("size", "across"), [((3, 5), None), ((5, 1), np.array([0.5, 0.25, 0.25]))])
@pytest.mark.parametrize("border", ["edge", "wrap", "keep"])
def test_what_would_change_little_stays(size, across, border):
    if across is not None and border == "keep":
        return
    weights = RNG.dirichlet(np.ones(size[0] * size[1])).reshape(size)
    plain = vg.Compose([Filter(weights, across, border)])(IMAGE)
    out = vg.Compose([vg.Rotate90(0), Filter(weights, across, border, threshold=0.1)])(IMAGE)
    near = np.abs(plain - IMAGE) <= np.float32(0.1)
    assert near.any() and not near.all()
    np.testing.assert_array_equal(out, np.where(near, IMAGE, plain))
    testing.assert_fused_equals_reference([vg.Rotate(9), Filter(weights, across, border, threshold=0.1)])


STILL = [
    Filter([[1.0]]),
    Filter(np.pad([[1.0]], 2)),
    Filter([[0], [0.5], [0]], np.array([0, 2.0, 0])),
    Filter([[0.0]], own=1.0),
    Filter([[0.0]], np.array([0.3, 0.4, 0.3]), own=1.0),
    Filter([[-0.5]], np.array([1.0]), own=1.5),
]
MOVING = [
    Filter([[0.0]]),
    Filter([[0, 0, 1.0]]),
    Filter([[1.0]], np.array([1.0, 0, 0])),
    Filter([[1.0]], own=1.0),
    Filter([[0.5]], np.array([1.0])),
    Filter([[1, 1.0, -1]]),
]


@pytest.mark.parametrize(("ops", "still"), [(STILL, True), (MOVING, False)])
def test_where_each_pixel_is_itself_nothing_is_run(ops, still):
    for op in ops:
        plan = vg.Compose([op]).plan(vg.Keys.of([vg.Key()]), [(20, 30)])
        assert (plan.between == 0) == still, op.weights


@pytest.mark.parametrize(
    ("dtype", "white"), [(np.uint8, 255.0), (np.uint16, 65535.0), (np.uint16, 4095.0), (np.float32, 255.0)]
)
def test_of_any_dtype(dtype, white):
    image = RNG.integers(0, int(white) + 1, (20, 30, 3)).astype(dtype)
    weights = RNG.dirichlet(np.ones(9)).reshape(3, 3)
    out = vg.Compose([Filter(weights)], white=white)(image)
    want = ndimage.correlate(image.astype(np.float64), weights[:, :, None], mode="mirror")
    assert out.dtype == dtype and np.abs(out - want).max() <= (0.55 if dtype != np.float32 else 1e-3)


def test_what_leaves_the_range_is_clamped_once():
    sharp = Filter([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    out = vg.Compose([sharp])(IMAGE)
    assert out.min() == 0 and out.max() == 1
    back = vg.Compose([sharp, vg.Contrast(0.2)])
    whole = ndimage.correlate(IMAGE.astype(np.float64), np.array(sharp.weights)[:, :, None], mode="mirror")
    mean = (whole.mean(axis=(0, 1)) * (0.299, 0.587, 0.114)).sum()
    np.testing.assert_allclose(back(IMAGE), np.clip(0.2 * whole + 0.8 * mean, 0, 1), atol=3e-5)


def test_a_weight_of_its_own_alone_changes_nothing():
    for dtype in (np.uint8, np.uint16, np.float32):
        image = (IMAGE * (1 if dtype == np.float32 else np.iinfo(dtype).max)).astype(dtype)
        np.testing.assert_array_equal(vg.Compose([Filter([[0, 0, 0], [0, 1, 0], [0, 0, 0]])])(image), image)


class Wide(vg.Op):
    """Weights that are as long in a batch as the longest of its samples."""

    gives = effects.Stencil

    def lower(self, draws, sizes, context):
        reach = np.where(np.arange(len(sizes)) % 2 if len(sizes) > 1 else [False], 7, 1)
        at = np.abs(np.arange(-reach.max(), reach.max() + 1))
        weights = (at <= reach[:, None]) / (2 * reach[:, None] + 1.0)
        return effects.Stencil(weights[:, :, None], weights)


def test_zeros_around_weights_leave_no_trace():
    """An infinity beyond them is no part of the sum, so a batch gives what one by one gives."""
    image = np.where(RNG.random((30, 30, 1)) < 0.01, np.inf, RNG.random((30, 30, 1))).astype(np.float32)
    compose = vg.Compose([Wide()], white=None)
    plan = compose.plan(vg.Keys.at(0, 0, np.arange(4)), [(30, 30)] * 4, 1, np.float32)
    out = np.empty((30, 30, 1), np.float32)
    plan.run(2, image, out)
    np.testing.assert_array_equal(out, compose(image))
    np.testing.assert_array_equal(trimmed(np.pad(np.ones((1, 3)), ((2, 2), (1, 1)))), np.ones((1, 3)))
    np.testing.assert_array_equal(trimmed(np.array([[0, 1.0, 2.0, 0, 0]])), [[1.0, 2.0, 0]])
    assert trimmed(np.zeros((5, 3))).shape == (1, 1)


class Still(vg.Op):
    """A map that moves nothing."""

    gives = effects.Map

    def lower(self, draws, sizes, context):
        return effects.Map(np.tile(np.eye(3), (len(sizes), 1, 1)), sizes)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "last",
    [[], [vg.ToDtype("float16")], [vg.ToDtype("uint8")], [vg.ToDtype("float32", "CHW")], [vg.Normalize(0.4, 0.2)]],
)
def test_it_writes_the_result_as_a_pass_of_its_own_would(dtype, channels, last):
    """A map after it has the result written by the pass that reads."""
    image = (RNG.random((23, 31, channels)) * (1 if dtype == np.float32 else np.iinfo(dtype).max)).astype(dtype)
    sharp = Filter([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    plan, apart = vg.Compose([sharp, *last]), vg.Compose([sharp, Still(), *last])
    sizes, keys = [(23, 31)], vg.Keys.of([vg.Key()])
    packed = channels == 1 or not last or getattr(last[0], "layout", None) != "CHW"
    assert (plan.plan(keys, sizes, channels, dtype).between < 4 * image.size) == packed
    assert apart.plan(keys, sizes, channels, dtype).between > 4 * image.size
    np.testing.assert_array_equal(plan(image), apart(image))


def test_skipped_it_is_not_there_and_labels_stay():
    blur = [[1 / 9] * 3] * 3
    with_it, without = vg.Compose([vg.Rotate(9), Filter(blur, p=0)]), vg.Compose([vg.Rotate(9)])
    np.testing.assert_array_equal(with_it(IMAGE), without(IMAGE))
    compose = vg.Compose([vg.HorizontalFlip(), Filter(blur)], targets={"boxes": vg.Boxes()})
    out = compose(image=IMAGE, boxes=np.array([[1.0, 2, 5, 9]]))
    np.testing.assert_array_equal(out["boxes"], [[26, 2, 30, 9]])


def test_a_view_that_is_no_picture_is_not_filtered():
    compose = vg.Compose([Filter([[1 / 9] * 3] * 3), vg.HorizontalFlip()], targets={"depth": vg.Image(colour=False)})
    depth = RNG.random((23, 31), np.float32)
    np.testing.assert_array_equal(compose(image=IMAGE, depth=depth)["depth"], depth[:, ::-1])


def test_what_lies_between_is_counted():
    sizes, keys = [(20, 30)], vg.Keys.of([vg.Key()])
    one, rows = 4 * 20 * 30 * 3, 4 * 3 * 30 * 3  # three rows of scratch: for the weights, between two steps, written
    assert vg.Compose([Filter([[0.5]])]).plan(keys, sizes).between == rows  # it writes the result
    assert vg.Compose([Filter([[0.5]]), vg.Invert()]).plan(keys, sizes).between == one + rows
    assert vg.Compose([vg.Rotate(9), Filter([[0.5]]), vg.Rotate(9)]).plan(keys, sizes).between == 2 * one + rows


@pytest.mark.parametrize(
    ("weights", "across", "message"),
    [
        (
            np.ones((2, 3)),
            None,
            "Stencil has a pixel in the middle of its weights, so their numbers are odd; got (2, 3)",
        ),
        (np.ones((3, 1)), np.ones(4), "so their numbers are odd; got (3, 1, 4)"),
        (np.ones((3, 3)), np.ones(3), "Stencil.weights are (B, m, 1) where there are weights across; got (1, 3, 3)"),
        (np.ones((3, 1)), "keep", "Stencil.border is one of constant, edge, reflect, symmetric, wrap where there are"),
        (np.ones(3), None, "Stencil.weights is an array (1, any, any), got (1, 3)"),
    ],
)
def test_weights_that_are_none(weights, across, message):
    op = Filter(weights, np.ones(3), "keep") if isinstance(across, str) else Filter(weights, across)
    with pytest.raises(vg.PipelineError, match=re.escape(message)):
        vg.Compose([op])(IMAGE)


def test_a_threshold_that_is_none():
    with pytest.raises(vg.PipelineError, match=re.escape("Stencil.threshold is at least 0; got -0.1")):
        vg.Compose([Filter([[0.5]], threshold=-0.1)])(IMAGE)


def test_a_border_that_is_none():
    message = "Stencil.border is one of constant, edge, reflect, symmetric, wrap, keep; got 'mirror'"
    with pytest.raises(vg.PipelineError, match=re.escape(message)):
        vg.Compose([Filter([[1.0]], border="mirror")])(IMAGE)
