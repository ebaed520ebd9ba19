"""Laws of the kernels as a whole: what is exact, what composes, and what no array, size or thread may change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import variegate as vg
from variegate.ops.effect import Map

EXACT = {
    "nothing": ([], lambda a: a),
    "left-right": ([vg.HorizontalFlip()], lambda a: a[:, ::-1]),
    "up-down": ([vg.VerticalFlip()], lambda a: a[::-1]),
    "transpose": ([vg.Transpose()], lambda a: a.swapaxes(0, 1)),
    "turn": ([vg.Rotate90(1)], lambda a: np.rot90(a, 1)),
    "half turn": ([vg.Rotate90(2)], lambda a: np.rot90(a, 2)),
    "back": ([vg.Rotate90(-1)], lambda a: np.rot90(a, -1)),
    "rotate 180": ([vg.Rotate(180)], lambda a: a[::-1, ::-1]),
    "there and back": ([vg.Rotate90(1), vg.Transpose(), vg.Transpose(), vg.Rotate90(3)], lambda a: a),
    "crop": ([vg.Crop(2, 3, 4, 5)], lambda a: a[2:6, 3:8]),
    "pad": ([vg.Pad(3, left=5)], lambda a: np.pad(a, ((3, 3), (5, 3), (0, 0)))),
    "pad, flip, crop": ([vg.Pad(3), vg.HorizontalFlip(), vg.Crop(3, 3, 9, 13)], lambda a: a[:, ::-1]),
    "same size": ([vg.Resize((9, 13))], lambda a: a),
    "zero turns": ([vg.Rotate(0), vg.Scale(1), vg.Shear(0), vg.Translate(0), vg.Perspective(0)], lambda a: a),
    "shift": ([vg.Translate(x=4 / 13)], lambda a: np.pad(a, ((0, 0), (4, 0), (0, 0)))[:, :13]),
}


def noise(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, shape, np.uint8) if dtype == np.uint8 else rng.random(shape, np.float32)


def once(augment, image, key=None, out=None):
    """One picture through a plan, into a given array."""
    plan = augment.plan(vg.Keys.of([key or vg.Key()]), [image.shape[:2]], image.shape[2], image.dtype)
    out = np.empty(plan.shapes[0], plan.dtype) if out is None else out
    plan.run(0, image, out)
    return out


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("name", EXACT)
def test_what_moves_whole_pixels_moves_their_bytes(name, dtype, interpolation):
    ops, law = EXACT[name]
    for channels in (1, 2, 3, 4, 5, 7):
        image = noise((9, 13, channels), dtype)
        np.testing.assert_array_equal(vg.Compose(ops, interpolation=interpolation)(image), law(image))


@pytest.mark.parametrize("border", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (5, 7), (3, 40)])
def test_pad_is_numpys(border, interpolation, shape):
    image = noise((*shape, 3), np.uint8)
    augment = vg.Compose([vg.Pad(11, left=23, border=border)], interpolation=interpolation)
    np.testing.assert_array_equal(augment(image), np.pad(image, ((11, 11), (23, 11), (0, 0)), mode=border))


@pytest.mark.parametrize("border", ["edge", "reflect", "symmetric", "wrap"])
def test_what_touches_an_edge_exactly_is_inside(border):
    """A folded coordinate can lie exactly on the next window's edge; rounding must not push it into the fill."""
    for width in range(1, 41):
        white = np.full((3, width, 1), 255, np.uint8)
        for new in range(1, 41):
            augment = vg.Compose(
                [vg.Resize((3, new)), vg.Pad(0, left=2, right=2, border=border)], interpolation="nearest"
            )
            assert augment(white).min() == 255, (width, new)


@pytest.mark.parametrize("angle", [10, 33.3, -77])
def test_turning_back_is_the_identity_where_no_window_cut(angle):
    image = noise((41, 41, 3), np.float32)
    y, x = np.mgrid[:41, :41] - 20
    inner = x * x + y * y < 19**2
    out = vg.Compose([vg.Rotate(angle), vg.Rotate(-angle)])(image)
    np.testing.assert_allclose(out[inner], image[inner], atol=1e-6)
    outer = x * x + y * y > 29**2
    assert not np.any(out[outer]), "the first window cuts the corners, although the composed map is the identity"


def test_a_chain_is_its_composition():
    image = noise((41, 41, 3), np.float32)
    y, x = np.mgrid[:41, :41] - 20
    inner = x * x + y * y < 19**2
    chain = vg.Compose([vg.Rotate(11), vg.HorizontalFlip(), vg.Rotate(20), vg.HorizontalFlip(), vg.Rotate(50)])(image)
    np.testing.assert_allclose(chain[inner], vg.Compose([vg.Rotate(41)])(image)[inner], atol=1e-5)


def test_one_resampling_keeps_what_two_would_blur():
    image = noise((64, 64, 1), np.float32)
    twice = vg.Compose([vg.Translate(x=0.5 / 64)])(vg.Compose([vg.Translate(x=0.5 / 64)])(image))
    fused = vg.Compose([vg.Translate(x=0.5 / 64), vg.Translate(x=0.5 / 64)])(image)
    np.testing.assert_allclose(fused[:, 2:], image[:, 1:-1], atol=1e-6)
    assert twice[:, 2:].std() < 0.8 * fused[:, 2:].std()


def test_bilinear_and_bicubic_keep_a_ramp():
    """Both reproduce linear functions, so the coordinates of every pixel can be read off."""
    y, x = np.mgrid[:60, :80]
    ramp = np.stack([x / 80, y / 60], axis=2).astype(np.float32)
    for interpolation in ("bilinear", "bicubic"):
        out = vg.Compose([vg.Rotate(30), vg.CenterCrop(30)], interpolation=interpolation)(ramp)
        j, i = np.meshgrid(np.arange(30) - 14.5, np.arange(30) - 14.5)
        cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
        want = np.stack([(cos * j - sin * i + 39.5) / 80, (sin * j + cos * i + 29.5) / 60], axis=2)
        np.testing.assert_allclose(out, want, atol=1e-5)


SEED = [
    vg.Rotate((-30, 30)),
    vg.Translate((-0.1, 0.1), (-0.1, 0.1), border="reflect"),
    vg.HorizontalFlip(p=0.5),
    vg.RandomResizedCrop(24),
    vg.Contrast((0.8, 1.2)),
    vg.Gamma((0.8, 1.2)),
    vg.Normalize(layout="CHW"),
]


def test_threads_do_not_matter():
    augment, images = vg.Compose(SEED), [noise((37, 53, 3), np.uint8, n) for n in range(64)]
    plan = augment.plan(vg.Keys.at(3, 1, np.arange(64)), [(37, 53)] * 64)

    def run(workers):
        out = np.empty((64, *plan.shapes[0]), np.float32)
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda i: plan.run(i, images[i], out[i]), range(64)))
        return out.tobytes()

    first = run(1)
    assert all(run(8) == first for _ in range(5))


def test_a_slot_is_written_from_end_to_end():
    """Whatever lay in the slot before, nothing of it is left."""
    augment, image = vg.Compose(SEED), noise((37, 53, 3), np.uint8)
    junk = [once(augment, image, out=np.full((3, 24, 24), value, np.float32)) for value in (np.nan, 0.0)]
    np.testing.assert_array_equal(*junk)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_any_memory_layout_gives_the_same(dtype):
    augment, key = vg.Compose(SEED), vg.Key(5)
    image = noise((37, 53, 3), dtype)
    want = augment(image, key=key)
    frozen = image.copy()
    frozen.flags.writeable = False
    wide = np.zeros((37, 106, 6), dtype)
    wide[:, ::2, ::2] = image
    planes = np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
    mirrored = np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1]
    for each in (frozen, wide[:, ::2, ::2], np.asfortranarray(image), planes, mirrored):
        np.testing.assert_array_equal(augment(each, key=key), want)
    np.testing.assert_array_equal(image, frozen)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_one_pixel_is_enough(channels, dtype, interpolation):
    image = noise((1, 1, channels), dtype)
    ops = [vg.Rotate(33, border="reflect"), vg.Resize((5, 3)), vg.Scale(0.3, border="edge"), vg.Pad(2, border="wrap")]
    out = vg.Compose(ops, interpolation=interpolation)(image)
    np.testing.assert_array_equal(out, np.broadcast_to(image, (9, 7, channels)))


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (2, 30000)])
def test_thin_pictures(size):
    image = noise((*size, 3), np.uint8)
    out = vg.Compose([vg.Rotate(3, border="edge"), vg.Resize((20, 20))])(image)
    assert out.shape == (20, 20, 3)
    flat = np.full((*size, 3), 77, np.uint8)
    assert np.all(vg.Compose([vg.Rotate(3, border="edge"), vg.Resize((20, 20))])(flat) == 77)


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Resize((31, 17))],
        [vg.Rotate(20, border="edge"), vg.Scale(0.11, border="edge")],
        [vg.Rotate(20, border="wrap")],
    ],
)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_a_plain_picture_stays_plain(ops, interpolation):
    for value in (0, 1, 127, 254, 255):
        image = np.full((97, 83, 3), value, np.uint8)
        assert np.all(vg.Compose(ops, interpolation=interpolation)(image) == value)


def test_a_large_picture():
    image = noise((3000, 4000, 3), np.uint8)
    np.testing.assert_array_equal(vg.Compose([vg.Rotate90(1)])(image), np.rot90(image))
    corner = vg.Compose([vg.Rotate(180), vg.Crop(0, 0, 40, 50)])(image)
    np.testing.assert_array_equal(corner, image[::-1, ::-1][:40, :50])
    assert abs(vg.Compose([vg.Rotate(1, border="reflect"), vg.Resize(64)])(image).mean() - image.mean()) < 1


def test_a_very_large_picture():
    image = np.zeros((6000, 8000, 3), np.uint8)
    image[-20:, -20:] = noise((20, 20, 3), np.uint8)
    corner = vg.Compose([vg.HorizontalFlip(), vg.VerticalFlip(), vg.Crop(0, 0, 20, 20)])(image)
    np.testing.assert_array_equal(corner, image[::-1, ::-1][:20, :20])
    assert vg.Compose([vg.Rotate(20), vg.Resize(32)])(image).shape == (32, 32, 3)


def test_an_empty_batch():
    augment = vg.Compose(SEED)
    plan = augment.plan(vg.Keys.at(0, 0, np.zeros(0, np.uint64)), np.zeros((0, 2), np.int64))
    assert plan.shapes == [] and plan.dtype == np.float32 and len(plan) == 0
    assert augment.batch([]) == []
    cut = vg.Compose([vg.Gamma(2, p=0.5), vg.Rotate(3), vg.ToDtype("float16")])
    assert cut.plan(vg.Keys.of([]), []).dtype == np.float16


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e38, -1e38])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_floats_that_are_no_numbers_do_no_harm(bad, dtype):
    """They stay where they are, or spread as far as the filter reaches; of what a function makes, what is written is in
    range, and a picture that holds one is refused where that is asked for."""
    image = noise((40, 40, 3), np.float32)
    spoilt = image.copy()
    spoilt[20, 20] = bad

    def spoil(given):
        return spoilt

    for ops in ([], [vg.Rotate(20)], [vg.Rotate(20), vg.Scale(0.4)], [vg.Contrast(2), vg.Rotate(9), vg.Posterize(3)]):
        out = vg.Compose([vg.Opaque(spoil), *ops, vg.ToDtype(dtype), vg.ToDtype(dtype)])(image).astype(np.float32)
        if dtype != "float32" or any(op.gives is not Map for op in ops):
            assert np.all(np.isfinite(out)) and out.min() >= 0 and out.max() <= (255 if dtype == "uint8" else 1)
    if dtype != "float32":
        with pytest.raises(vg.InputError, match=r"NaN|white is 1"):
            vg.Compose([vg.ToDtype(dtype)])(spoilt)
    image = spoilt
    far = vg.Compose([vg.Rotate(20), vg.Crop(0, 0, 8, 8)])(image)
    np.testing.assert_array_equal(far, vg.Compose([vg.Rotate(20), vg.Crop(0, 0, 8, 8)])(np.nan_to_num(image, nan=0)))


def test_an_image_that_was_not_planned_is_refused():
    augment, image = vg.Compose([vg.Rotate(3)]), noise((8, 9, 3), np.uint8)
    plan = augment.plan(vg.Keys.of([vg.Key()]), [(8, 9)])
    good = np.empty((8, 9, 3), np.uint8)
    with pytest.raises(vg.InputError, match=r"sample 0 was planned as \(8, 9\) x 3 uint8, got \(9, 8, 3\) uint8"):
        plan.run(0, image.swapaxes(0, 1), good)
    with pytest.raises(vg.InputError, match=r"sample 0 was planned as .* got .*float32"):
        plan.run(0, image.astype(np.float32), good)
    for wrong in (np.empty((9, 8, 3), np.uint8), np.empty((8, 9, 3)), np.empty((8, 18, 3), np.uint8)[:, ::2]):
        with pytest.raises(vg.InputError, match=r"out must be writeable, C-contiguous uint8 of shape \(8, 9, 3\), got"):
            plan.run(0, image, wrong)
    frozen = good.copy()
    frozen.flags.writeable = False
    with pytest.raises(vg.InputError, match=r"out must be writeable, .* read-only"):
        plan.run(0, image, frozen)


@pytest.mark.parametrize("size", [(30, 40), (1, 7), (5, 1)])
def test_a_float_picture_keeps_every_bit_where_nothing_lies_between_pixels(size):
    image = np.random.default_rng(0).uniform(0, 1, (*size, 3)).astype(np.float32)
    assert np.array_equal(vg.Compose([])(image), image)
    assert np.array_equal(vg.Compose([vg.HorizontalFlip(), vg.Translate(0)])(image), image[:, ::-1])
    assert np.array_equal(vg.Compose([vg.Rotate90(1)])(image), np.rot90(image))
