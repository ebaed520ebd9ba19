"""What a picture's numbers mean: laws of maps, of white, and of views. See docs/numbers.md."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS

import variegate as vg
from variegate.config import dump, load
from variegate.ops.effect import Output

ODD = np.array([0, -0.0, 1, 255, -1024, 3071, 1e-45, -1e30, 3e38, np.inf, -np.inf, np.nan], np.float32)


def odd_picture(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Floats of every kind, each NaN with bits of its own."""
    rng = np.random.default_rng(seed)
    picture = rng.choice(ODD, shape)
    nans = np.isnan(picture)
    kinds = rng.choice(np.array([0x7FC00000, 0x7F800000, 0xFFC00000], np.uint32), nans.sum())  # one kind signals
    picture.view(np.uint32)[nans] = kinds + rng.integers(1, 1000, nans.sum(), dtype=np.uint32)
    return picture


def bits(picture: np.ndarray) -> np.ndarray:
    return picture.view(f"u{picture.itemsize}")


# Maps alone


@st.composite
def whole_maps(draw: Any) -> tuple[list[vg.Op], Any]:
    """Ops that move whole pixels, and the same by NumPy."""
    ops, steps = [], []
    for kind in draw(st.lists(st.sampled_from(("flip", "flop", "swap", "turn", "crop", "pad", "shift")), max_size=5)):
        if kind == "flip":
            ops.append(vg.HorizontalFlip())
            steps.append(lambda a: a[:, ::-1])
        elif kind == "flop":
            ops.append(vg.VerticalFlip())
            steps.append(lambda a: a[::-1])
        elif kind == "swap":
            ops.append(vg.Transpose())
            steps.append(lambda a: a.swapaxes(0, 1))
        elif kind == "turn":
            times = draw(st.integers(1, 3))
            ops.append(vg.Rotate90(times))
            steps.append(lambda a, times=times: np.rot90(a, times))
        elif kind == "crop":
            top, left, h, w = (draw(st.integers(*ends)) for ends in ((0, 2), (0, 2), (1, 4), (1, 4)))
            fill = draw(st.sampled_from((0, -1000, 0.1, 1e9)))
            ops.append(vg.Crop(top, left, h, w, border="constant", fill=fill))
            steps.append(lambda a, top=top, left=left, h=h, w=w, fill=fill: padded(a, top, left, h, w, fill))
        else:
            amount = draw(st.integers(0, 3))
            mode = draw(st.sampled_from(("edge", "reflect", "symmetric", "wrap")))
            ops.append(vg.Pad(amount, border=mode))
            steps.append(lambda a, n=amount, mode=mode: np.pad(a, ((n, n), (n, n), (0, 0)), mode=mode))

    def numpys(picture: np.ndarray) -> np.ndarray:
        for step in steps:
            picture = step(picture)
        return picture

    return ops, numpys


def padded(a: np.ndarray, top: int, left: int, h: int, w: int, fill: float) -> np.ndarray:
    """A crop that may reach beyond the picture."""
    room = np.pad(a, ((0, top + h), (0, left + w), (0, 0)), constant_values=np.float32(fill))
    return room[top : top + h, left : left + w]


@RUNS
@given(whole_maps(), st.sampled_from(("nearest", "bilinear", "bicubic")), st.booleans(), st.integers(0, 99))
def test_maps_of_whole_pixels_change_no_bit(maps, interpolation, antialias, seed):
    ops, numpys = maps
    picture = odd_picture((5, 7, 1 + seed % 4), seed)
    for white in ("dtype", 255.0, None):
        out = vg.Compose(ops, interpolation=interpolation, antialias=antialias, white=white)(picture)
        np.testing.assert_array_equal(bits(out), bits(np.ascontiguousarray(numpys(picture))))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@RUNS
@given(whole_maps(), st.integers(0, 99))
def test_of_integers_too(dtype, maps, seed):
    ops, numpys = maps
    if any(getattr(op, "fill", 0) not in (0, 0.1) for op in ops):
        ops, numpys = [], lambda a: a
    picture = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (5, 7, 1 + seed % 4), dtype)
    np.testing.assert_array_equal(vg.Compose(ops)(picture), np.rint(numpys(picture)).astype(dtype))


def test_a_map_that_comes_to_whole_pixels_is_one():
    """Two shifts by half a pixel, two flips about other lines: what counts is where pixels come to lie."""
    picture = odd_picture((6, 8, 3), 0)
    out = vg.Compose([vg.Pad(1), vg.Translate(0.5 / 10), vg.Translate(0.5 / 10), vg.CenterCrop((6, 8))])(picture)
    np.testing.assert_array_equal(bits(out[:, 1:]), bits(np.ascontiguousarray(picture[:, :-1])))


def test_many_maps_in_two_passes_change_no_bit():
    picture = odd_picture((5, 7, 3), 1)
    out = vg.Compose([vg.HorizontalFlip(name=f"flip {n}") for n in range(301)], white=255.0)(picture)
    np.testing.assert_array_equal(bits(out), bits(np.ascontiguousarray(picture[:, ::-1])))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_bilinear_stays_between_its_neighbours(dtype, channels):
    """Also where neighbours are far apart: a line from -3e38 to 3e38 is longer than a float."""
    rng = np.random.default_rng(0)
    for scale in (1.0, 1000.0, 3e38):
        picture = rng.uniform(-scale, scale, (9, 11, channels)).astype(np.float32)
        if dtype != np.float32:
            picture = rng.integers(0, np.iinfo(dtype).max + 1, picture.shape, dtype)
        for n in range(20):
            ops = [vg.Rotate((-180, 180), border="edge"), vg.Scale((1, 3), border="edge")]
            out = vg.Compose(ops)(picture, key=vg.Key(id=n))
            assert np.isfinite(out).all() and out.min() >= picture.min() and out.max() <= picture.max()
            flat = np.full_like(picture, picture[0, 0, 0])
            np.testing.assert_array_equal(vg.Compose(ops)(flat, key=vg.Key(id=n)), flat)


def test_one_nan_reaches_its_neighbours_alone():
    picture = np.zeros((20, 20, 1), np.float32)
    picture[10, 10] = np.nan
    out = vg.Compose([vg.Translate(0.25 / 20, 0.25 / 20)])(picture)
    assert np.argwhere(np.isnan(out[:, :, 0])).tolist() == [[10, 10], [10, 11], [11, 10], [11, 11]]
    across = vg.Compose([vg.Translate(0.25 / 20)])(picture)
    assert np.argwhere(np.isnan(across[:, :, 0])).tolist() == [[10, 10], [10, 11]]


def test_keras_pictures_of_0_to_255_come_out_as_they_were():
    picture = np.random.default_rng(0).uniform(0, 255, (8, 9, 3)).astype(np.float32)
    np.testing.assert_array_equal(vg.Compose([])(picture), picture)
    turned = vg.Compose([vg.Rotate(20, fill=127.5)])(picture)
    assert turned.max() > 200 and turned[0, 0, 0] == 127.5


def test_fills_are_written_as_given_or_refused():
    ct = np.full((4, 4, 1), 40, np.float32)
    assert vg.Compose([vg.Pad(1, fill=-1024)])(ct)[0, 0, 0] == -1024
    wide = np.full((4, 4, 1), 40, np.uint16)
    assert vg.Compose([vg.Pad(1, fill=65535)])(wide)[0, 0, 0] == 65535
    for fill, dtype in ((-1, np.uint8), (256, np.uint8), ((0, 0, 300), np.uint8), (65536, np.uint16)):
        with pytest.raises(vg.InputError, match=r"Pad\.fill is -?\d+, and a picture of uint\d+ holds 0 to"):
            vg.Compose([vg.Pad(1, fill=fill)])(np.zeros((4, 4, 3), dtype))


# White


ASKING = [vg.Brightness(0.5), vg.Contrast(0.5), vg.Gamma(2), vg.Normalize(0.5, 0.25), vg.ToDtype("uint8")]


@pytest.mark.parametrize("op", ASKING)
def test_a_picture_that_leaves_its_range_is_refused(op):
    augment = vg.Compose([vg.Crop(0, 0, 2, 2), op])
    picture = np.zeros((8, 9, 3), np.float32)
    picture[7, 8, 2] = 255  # which the crop cuts away: it decides nothing
    with pytest.raises(vg.InputError, match=rf"from 0 to 255, but white is 1, and {type(op).__name__} takes 0 to 1"):
        augment(picture)
    with pytest.raises(vg.InputError, match="sample 1: the picture is float32 from 0 to 255"):
        augment.batch([picture / 255, picture])
    assert vg.Compose([vg.Crop(0, 0, 2, 2), op], white=255.0)(picture).shape == (2, 2, 3)


@pytest.mark.parametrize("op", [op for op in ASKING if not isinstance(op, vg.ToDtype)])
def test_white_is_a_unit(op):
    """255 times the numbers with white at 255 is the same picture."""
    picture = np.random.default_rng(0).uniform(0, 1, (8, 9, 3)).astype(np.float32)
    ops = [vg.Rotate(20), op]
    one, other = vg.Compose(ops)(picture), vg.Compose(ops, white=255.0)(picture * 255)
    unit = 1 if isinstance(op, vg.Normalize) else 255
    np.testing.assert_allclose(other, one * unit, rtol=1e-4, atol=2e-5 * unit)


def test_twelve_bits():
    picture = np.random.default_rng(0).integers(0, 4096, (8, 9, 3)).astype(np.uint16)
    dark = vg.Compose([vg.Brightness(0.5)], white=4095)(picture)
    np.testing.assert_array_equal(dark, np.rint(picture * 0.5).astype(np.uint16))
    bright = vg.Compose([vg.Brightness(3)], white=4095)(picture)
    np.testing.assert_array_equal(bright, np.minimum(picture.astype(int) * 3, 4095))
    inverse = vg.Compose([vg.Invert()], white=4095)(picture)
    np.testing.assert_array_equal(inverse, 4095 - picture)
    with pytest.raises(vg.InputError, match="from 0 to 9000, but white is 4095, and Brightness takes 0 to 4095"):
        vg.Compose([vg.Brightness(0.5)], white=4095)(np.array([[0, 9000]], np.uint16))


def test_to_floats_is_always_0_to_1():
    for dtype, white in (
        (np.uint8, 255),
        (np.uint16, 65535),
        (np.uint16, 4095),
        (np.float32, 255.0),
        (np.float32, 7.0),
    ):
        picture = np.array([[0, white]]).astype(dtype)
        for to in ("float32", "float16"):
            out = vg.Compose([vg.ToDtype(to)], white=white)(picture)
            assert out.dtype == to and out.tolist() == [[0, 1]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_to_integers_is_their_range(dtype):
    most = np.iinfo(dtype).max
    for source in (np.uint8, np.uint16, np.float32):
        white = 1 if source == np.float32 else np.iinfo(source).max
        out = vg.Compose([vg.ToDtype(dtype)])(np.array([[0, white]], source))
        assert out.dtype == dtype and out.tolist() == [[0, most]]
    eight = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(vg.Compose([vg.ToDtype("uint16")])(eight), eight.astype(np.uint16) * 257)


def test_numbers_without_a_range():
    """CT: nothing is clamped, a contrast keeps the mean, and Normalize takes the numbers as they are."""
    ct = np.random.default_rng(0).uniform(-1024, 3071, (30, 40, 1)).astype(np.float32)
    mean = ct.mean(dtype=np.float64)
    out = vg.Compose([vg.Contrast(1.5, about="channel")], white=None)(ct)
    np.testing.assert_allclose(out, mean + 1.5 * (ct - mean), rtol=1e-4, atol=0.01)
    assert out.min() < -1024 and out.max() > 3071
    normal = vg.Compose([vg.Normalize(40.0, 400.0)], white=None)(ct)
    np.testing.assert_allclose(normal, (ct - 40) / 400, rtol=1e-5, atol=1e-5)
    bright = vg.Compose([vg.Brightness(2)], white=None)(ct)
    np.testing.assert_array_equal(bright, ct * 2)
    ct[3, 3] = np.nan
    assert np.isnan(vg.Compose([vg.Brightness(2)], white=None)(ct)).sum() == 1


def test_the_mean_of_a_crop_of_numbers_without_a_range():
    """Means of a canvas that a border cuts, fills included."""
    ct = np.random.default_rng(0).uniform(-1024, 3071, (30, 40, 1)).astype(np.float32)
    ops = [vg.Translate(0.25, fill=-500), vg.Contrast(0.5, about="channel"), vg.CenterCrop(9)]
    moved = vg.Compose(ops[:1], white=None)(ct)
    want = vg.Compose(ops[2:], white=None)((moved * 0.5 + moved.mean(dtype=np.float64) * 0.5).astype(np.float32))
    np.testing.assert_allclose(vg.Compose(ops, white=None)(ct), want, rtol=1e-4, atol=0.01)


@pytest.mark.parametrize("op", [vg.Gamma(2), vg.Posterize(3), vg.Solarize(), vg.Invert(), vg.ToDtype("float32")])
def test_what_needs_a_white_is_refused_without(op):
    told = rf"{type(op).__name__} must know what white is, and white=None says that the numbers have no range"
    for ops in ([op], [vg.Compose([op])], *([[vg.OneOf([op, vg.Rotate(3)])]] if op.gives is not Output else [])):
        with pytest.raises(vg.FieldError, match=told):
            vg.Compose(ops, white=None)
    with pytest.raises(vg.FieldError, match=r"and Image\(white=None\) of heat says"):
        vg.Compose([op], targets={"heat": vg.Image(white=None, colour=True)})
    assert vg.Compose([op], targets={"heat": vg.Image(white=None)}).known["heat"] == vg.Image(white=None)


def test_a_dtype_after_normalize_needs_no_white():
    ct = np.array([[-1024, 3071]], np.float32)
    out = vg.Compose([vg.Normalize(0.0, 1000.0), vg.ToDtype("float16", layout="CHW")], white=None)(ct)
    assert out.dtype == np.float16 and out.shape == (1, 1, 2)
    np.testing.assert_allclose(out[0], ct / 1000, rtol=1e-3)


def test_white_that_a_picture_cannot_hold_is_refused():
    with pytest.raises(vg.InputError, match=r"Compose\.white is 4095, which a picture of uint8 cannot hold"):
        vg.Compose([], white=4095)(np.zeros((4, 5), np.uint8))
    with pytest.raises(vg.FieldError, match=r"Compose\.white is the number that is white"):
        vg.Compose([], white="bright")
    with pytest.raises(vg.FieldError, match="white is declared once, on the outermost Compose"):
        vg.Compose([vg.Compose([], white=255.0)])


def test_what_an_op_makes_is_clamped_not_refused():
    """The check is of the picture as given: a function may make what it likes, which is clamped once."""
    picture = np.full((4, 5, 3), 0.5, np.float32)
    out = vg.Compose([vg.Opaque(lambda image: image * 10), vg.Brightness(1)])(picture)
    assert out.max() == 1
    alone = vg.Compose([vg.Opaque(lambda image: image * 10)])(picture)
    assert alone.max() == 5


def test_a_function_is_given_units_of_white():
    seen = []

    def look(image):
        seen.append(image.copy())
        return image

    for dtype, white in ((np.uint16, "dtype"), (np.uint16, 4095), (np.float32, 255.0), (np.float32, None)):
        picture = np.array([[[0], [100]]], dtype)
        out = vg.Compose([vg.Opaque(look)], white=white)(picture)
        unit = {"dtype": 65535, None: 1}.get(white, white)
        np.testing.assert_allclose(seen.pop(), picture / unit, rtol=1e-6)
        np.testing.assert_allclose(out, picture, rtol=1e-6)


# A pipeline that says what is white


def test_white_is_part_of_what_is_declared():
    one, other, none = vg.Compose([]), vg.Compose([], white=255.0), vg.Compose([], white=None)
    assert len({one.fingerprint, other.fingerprint, none.fingerprint}) == 3
    assert repr(other) == "Compose(ops=(), white=255.0)" and "white=None" in repr(none)
    for pipeline in (one, other, none, vg.Compose([], targets={"depth": vg.Image(white=4095, colour=True)})):
        assert load(dump(pipeline), vg.Compose) == pipeline
        assert load(dump(pipeline), vg.Compose).fingerprint == pipeline.fingerprint
    assert dump(other)["white"] == 255.0 and dump(none)["white"] is None and "white" not in dump(one)
    assert load("variegate: 1\nwhite: 4095\nops: []\n", vg.Compose) == vg.Compose([], white=4095.0)
    assert load("variegate: 1\nwhite: null\nops: []\n", vg.Compose) == none


def test_a_record_is_of_one_white():
    picture = np.full((4, 5, 3), 0.5, np.float32)
    _, record = vg.Compose([vg.Brightness((0.5, 1))])(picture, return_params=True)
    with pytest.raises(vg.InputError, match="the record is of another pipeline"):
        vg.Compose([vg.Brightness((0.5, 1))], white=255.0).replay(record, picture)


@pytest.mark.parametrize(
    ("pipeline", "dtype", "line"),
    [
        (vg.Compose([vg.Rotate(3)]), "float32", "black 0, white 1; no op asks for them, so nothing is clamped"),
        (vg.Compose([vg.Gamma(2)]), "uint8", "white 255, which Gamma asks for: the result is clamped to them, once"),
        (
            vg.Compose([vg.Gamma(2)], white=255.0),
            "float32",
            "white 255, which Gamma asks for: a picture beyond them is refused, and the result is clamped",
        ),
        (vg.Compose([vg.Brightness(2)], white=None), "float32", "no range (white=None): nothing is clamped, but by"),
    ],
)
def test_explain_says_what_the_numbers_mean(pipeline, dtype, line):
    assert re.search(f"numbers +.*{re.escape(line)}", pipeline.explain(size=(8, 8), dtype=dtype))


# Views


def test_a_view_without_colour_keeps_its_numbers():
    depth = np.random.default_rng(0).uniform(0.5, 80, (20, 30)).astype(np.float32)
    ops = [vg.HorizontalFlip(), vg.Brightness(0.2), vg.Gamma(2), vg.Normalize(layout="CHW")]
    out = vg.Compose(ops, targets={"depth": vg.Image()})(image=np.zeros((20, 30, 3), np.uint8), depth=depth)
    assert out["depth"].dtype == np.float32 and out["depth"].shape == (1, 20, 30)  # the layout is the pipeline's
    np.testing.assert_array_equal(out["depth"][0], depth[:, ::-1])
    wide = (depth * 700).astype(np.uint16)
    out = vg.Compose(ops[:3], targets={"depth": vg.Image()})(image=np.zeros((20, 30, 3), np.uint8), depth=wide)
    np.testing.assert_array_equal(out["depth"], wide[:, ::-1])


def test_a_view_with_colour_has_a_white_of_its_own():
    image, ops = np.full((4, 5, 3), 0.5, np.float32), [vg.Brightness(0.5)]
    augment = vg.Compose(ops, targets={"near": vg.Image(colour=True), "far": vg.Image(colour=True, white=4095)})
    out = augment(image=image, near=image, far=np.full((4, 5), 4001, np.uint16))
    assert out["near"].max() == 0.25 and out["far"].max() == 2000
    with pytest.raises(vg.InputError, match=re.escape("near is float32 from 127.5 to 127.5, but white is 1")) as caught:
        augment(image=image, near=image * 255)
    assert "near=Image(white=255, colour=True)" in str(caught.value)


def test_a_function_that_leaves_pixels_in_place_passes_by_a_view_without_colour():
    def darker(image):
        return image * np.float32(0.5)

    image, depth = np.full((4, 5, 3), 200, np.uint8), np.full((4, 5), 7, np.float32)
    still = vg.Compose([vg.Opaque(darker, moves_pixels=False)], targets={"depth": vg.Image()})
    out = still(image=image, depth=depth)
    assert out["image"].max() == 100 and out["depth"].max() == 7


# Found by hostile testers


@pytest.mark.parametrize("last", [vg.Normalize(0.0, 0.5), vg.ToDtype("float32")])
def test_the_last_write_is_for_all_pictures_or_none(last):
    for ops in (
        [vg.RandomApply([last], p=0.5)],
        [vg.OneOf([vg.HorizontalFlip(), last])],
        [vg.SomeOf([vg.HorizontalFlip(), last], n=1)],
    ):
        with pytest.raises(
            vg.PipelineError, match=rf"^{type(last).__name__} stands within {type(ops[0]).__name__}, by"
        ):
            vg.Compose(ops)(np.zeros((4, 5, 3), np.uint8))
    assert vg.Compose([vg.RandomApply([last])])(np.zeros((4, 5, 3), np.uint8)).dtype == np.float32


@pytest.mark.parametrize(("dtype", "white"), [(np.float32, "dtype"), (np.uint16, 4095), (np.uint8, "dtype")])
def test_a_range_holds_across_a_function_that_changes_the_size(dtype, white):
    top = {np.float32: 1, np.uint16: 4095, np.uint8: 255}[dtype]
    picture = np.full((9, 8, 3), top * 0.8).astype(dtype)
    for function in (lambda image: image[1:], lambda image: image):
        ops = [vg.Brightness(3.0), vg.Opaque(function), vg.Resize((8, 8))]
        assert vg.Compose(ops, white=white)(picture).max() == top


def test_to_floats_of_floats_is_0_to_1_too():
    photo = np.random.default_rng(0).uniform(0, 255, (4, 5, 3)).astype(np.float32)
    for to in ("float32", "float16"):
        with pytest.raises(vg.InputError, match="but white is 1, and ToDtype takes 0 to 1"):
            vg.Compose([vg.ToDtype(to)])(photo)
        assert vg.Compose([vg.Pad(1, fill=9), vg.ToDtype(to)])(photo / 255).max() == 1
        np.testing.assert_allclose(vg.Compose([vg.ToDtype(to)], white=255.0)(photo), photo / 255, rtol=1e-3)


def test_what_is_no_number_is_black_in_a_mean():
    def spoil(image):
        image = image.copy()
        image[0, 0] = np.nan
        return image

    flat = np.full((10, 10, 3), 0.5, np.float32)
    out = vg.Compose([vg.Opaque(spoil), vg.Contrast(0.0, about="channel")])(flat)
    np.testing.assert_allclose(out[5, 5], 0.5 * 0.99, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_an_infinity_of_one_channel_is_none_of_the_others(channels):
    picture = np.ones((2, 2, channels), np.float32)
    picture[0, 0, 0] = np.inf
    out = vg.Compose([vg.Brightness(0.5)], white=None)(picture)
    assert np.isinf(out[0, 0, 0]) and (out[0, 0, 1:] == 0.5).all() and (out[1] == 0.5).all()


def test_the_white_of_the_picture_is_declared_in_one_place():
    for image in (vg.Image(white=4095), vg.Image(white=None), vg.Image(colour=True)):
        with pytest.raises(vg.FieldError, match=r"Targets\.image is Image\(.*is said by Compose\(white=\)"):
            vg.Compose([vg.Invert()], targets={"image": image})


def test_the_numbers_of_imagenet_are_none_without_a_white():
    with pytest.raises(
        vg.FieldError, match="Normalize has ImageNet's mean and std, which are of pictures with white at 1"
    ):
        vg.Compose([vg.Normalize()], white=None)


@pytest.mark.parametrize("white", [1e39, 1e-46])
def test_a_white_that_no_float_is(white):
    with pytest.raises(vg.FieldError, match=r"Compose\.white is the number that is white"):
        vg.Compose([], white=white)
    with pytest.raises(vg.InputError, match=r"Pad\.fill is 1e\+39, and a picture of float32 holds"):
        vg.Compose([vg.Pad(1, fill=1e39)])(np.zeros((4, 5), np.float32))


def test_a_picture_a_little_beyond_is_to_be_clipped():
    picture = np.array([[-0.01, 1.02]], np.float32)
    with pytest.raises(vg.InputError, match=re.escape("Clip it: np.clip(image, 0, 1)")):
        vg.Compose([vg.Brightness(1)])(picture)
    assert vg.Compose([vg.Brightness(1)])(np.clip(picture, 0, 1)).tolist() == [[0, 1]]


def test_a_view_without_colours_has_a_fill_of_its_own():
    image, depth = np.zeros((4, 5, 3), np.uint8), np.full((4, 5), 7, np.float32)
    for fill in (0, -1):
        augment = vg.Compose([vg.Pad(1, fill=(124, 116, 104))], targets={"depth": vg.Image(fill=fill)})
        out = augment(image=image, depth=depth)
        assert out["image"][0, 0].tolist() == [124, 116, 104]
        assert out["depth"][0, 0] == fill and out["depth"][1, 1] == 7
    with pytest.raises(vg.InputError, match=r"near, a view .*Pad\.fill has 3 numbers, but the picture has 1 channels"):
        near = vg.Compose([vg.Pad(1, fill=(124, 116, 104))], targets={"near": vg.Image(colour=True)})
        near(image=image, near=np.zeros((4, 5), np.uint8))
    with pytest.raises(vg.FieldError, match=r"Image\.fill is of views without colours"):
        vg.Image(colour=True, fill=3)


@pytest.mark.parametrize(
    "ops", [[vg.HorizontalFlip()], [vg.RandomCrop(3)], [vg.Rotate(30, border="edge")], [vg.Resize(9)]]
)
def test_a_function_of_a_pixel_is_called_with_what_is_seen(ops):
    """A fill that no pixel shows is no pixel: a function that cannot take black never meets it."""

    def reciprocal(pixel):
        return (0.01 / pixel[0], pixel[1], pixel[2])

    picture = np.full((6, 6, 3), 7, np.uint8)
    out = vg.Compose([*ops, vg.Pointwise(reciprocal)])(picture)
    assert (out[..., 0] == round(0.01 / (7 / 255) * 255)).all() and (out[..., 1] == 7).all()
    with pytest.raises(vg.InputError, match="reciprocal"):
        vg.Compose([vg.Pad(1), vg.Pointwise(reciprocal)])(picture)


def test_uint16_is_read_where_uint8_is():
    """Also at ties, where a coordinate that was rounded once more would fall to the other side."""
    numbers = np.arange(760).reshape(20, 38) % 251
    ops = [vg.Scale(2.091258618076517, border="symmetric"), vg.Resize((10, 15))]
    augment = vg.Compose(ops, interpolation="nearest", targets={"view": vg.Image()})
    out = augment(image=numbers.astype(np.uint8), view=numbers.astype(np.uint16), mask=numbers.astype(np.uint8))
    np.testing.assert_array_equal(out["view"], out["image"])
    np.testing.assert_array_equal(out["mask"], out["image"])


def test_explain_takes_the_first_dtype_that_holds_what_is_declared():
    for augment, dtype in (
        (vg.Compose([]), "uint8"),
        (vg.Compose([], white=4095), "uint16"),
        (vg.Compose([vg.Pad(1, fill=300)]), "uint16"),
        (vg.Compose([vg.Pad(1, fill=-1024)]), "float32"),
        (vg.Compose([], white=None), "float32"),
        (vg.Compose([], white=0.5), "float32"),
    ):
        assert f"4 x 4 x 3 {dtype}," in augment.explain(size=(4, 4))
    with pytest.raises(vg.InputError, match="explain tells of pictures of uint8, uint16, float32, got int16"):
        vg.Compose([]).explain(size=(4, 4), dtype="int16")


def test_errors_of_a_batch_name_the_sample():
    augment = vg.Compose([vg.Brightness(1)], targets={"near": vg.Image(colour=True)})
    pictures = [np.zeros((4, 5, 3), np.uint8)] * 2
    with pytest.raises(vg.InputError, match=r"^sample 1: near is float32 from 9 to 9, but white is 1"):
        augment.batch(image=pictures, near=[np.zeros((4, 5), np.float32), np.full((4, 5), 9, np.float32)])
    with pytest.raises(vg.InputError, match=r"\(12, 16, 3\) is rather one picture: augment\(image\)"):
        augment.batch(np.zeros((12, 16, 3), np.uint8))


def test_a_label_beside_instances_is_declared():
    """Zeros and ones may be the classes of instances, of which one is cut away."""
    augment = vg.Compose([vg.CenterCrop(20)], targets={"boxes": vg.Boxes("voc")})
    sample = {"image": np.zeros((60, 80, 3), np.uint8), "boxes": [[0, 0, 5, 5], [35, 25, 45, 35]]}
    for label in ([0, 1], np.array([1, 1]), ("a", "b")):
        with pytest.raises(
            vg.InputError, match="label has several values beside boxes, and what they are was not said"
        ):
            augment(**sample, label=label)
    assert augment(**sample, label=3)["label"] == 3 and augment(**sample, label="cat")["label"] == "cat"
    stepped = vg.Compose(augment.ops, targets={"boxes": vg.Boxes("voc"), "label": vg.PerInstance()})
    assert stepped(**sample, label=[0, 1])["label"] == [1]
