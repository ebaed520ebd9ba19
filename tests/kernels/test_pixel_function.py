"""A user's function of one pixel: what it raises comes out of compiled code, what it returns is looked at before."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest

import variegate as vg

IMAGE = np.random.default_rng(0).random((20, 30, 3), np.float32)
KERNELS = Path(vg.__file__).parent / "kernels"


def same(pixel):
    return pixel


def picky(pixel, most):
    if pixel[1] > most:
        raise ValueError("too green")
    return pixel


def fussy(pixel):
    """Takes nothing that is no picture's pixel, nor a fill of a half."""
    for value in pixel:
        if not 0 <= value <= 1:
            raise ValueError("no pixel")
    return pixel


@numba.njit
def divided(pixel):
    return (pixel[0] / (pixel[1] - pixel[1]), pixel[1], pixel[2])


@pytest.mark.parametrize("jit", [False, True])
def test_what_it_raises_names_the_op_the_pixel_and_the_numbers(jit, capfd):
    image = IMAGE * np.float32(0.5)
    image[7, 11] = (0.25, 0.75, 0.125)
    augment = vg.Compose([vg.Pointwise(numba.njit(picky) if jit else picky, most=0.5)])
    message = "picky: the function raised ValueError: too green; it was called with ((0.25, 0.75, 0.125), 0.5)"
    with pytest.raises(vg.InputError, match=re.escape(message)) as caught:
        augment(image)
    assert type(caught.value.__cause__) is ValueError
    assert "ignored" not in capfd.readouterr().err, "Numba printed it"
    np.testing.assert_array_equal(augment(IMAGE * np.float32(0.5)), vg.Compose([])(IMAGE * np.float32(0.5)))


def test_a_division_by_zero_of_a_function_that_the_user_compiled():
    with pytest.raises(vg.InputError, match="divided: the function raised ZeroDivisionError: division by zero"):
        vg.Compose([vg.Pointwise(divided)])(IMAGE)


def test_the_first_op_that_fails_is_named():
    ops = [vg.Pointwise(same), vg.Pointwise(picky, most=0.9, name="one"), vg.Pointwise(picky, most=0.1, name="two")]
    for chain, name in ((ops, "one"), (ops[::-1], "two"), ([ops[0], ops[2]], "two")):
        with pytest.raises(vg.InputError, match=f"^{name}: the function raised"):
            vg.Compose(chain)(IMAGE)
    with pytest.raises(vg.InputError, match=r"^picky#2: the function raised"):
        vg.Compose([vg.Pointwise(picky, most=2), vg.Pointwise(picky, most=0)])(IMAGE)


def test_it_raises_for_a_fill_too():
    turn = vg.Rotate(45, fill=(0.0, 0.875, 0.0))
    with pytest.raises(vg.InputError, match=re.escape("too green; it was called with ((0.0, 0.875, 0.0), 0.75)")):
        vg.Compose([turn, vg.Pointwise(picky, most=0.75)])(IMAGE * np.float32(0.5))


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "wrap"])
def test_it_sees_nothing_that_is_no_pixel(border):
    """Scratch holds what was there before: it would raise of numbers that are in no picture."""
    dirty = vg.Compose(
        [vg.Opaque(lambda image: image * np.float32(np.nan)), vg.Rotate(20), vg.Contrast(2), vg.Gamma(2)]
    )
    for angle in range(0, 90, 15):
        dirty(IMAGE)
        ops = [
            vg.Rotate(angle, border=border, fill=0.5),
            vg.Pad(3, fill=0.5),
            vg.Translate(0.3, border=border, fill=0.5),
        ]
        for chain in ([*ops, vg.Pointwise(fussy)], [*ops, vg.Gamma(2), vg.Pointwise(fussy)]):
            assert np.isfinite(vg.Compose(chain)(IMAGE)).all()


def test_a_failure_is_told_to_the_call_that_met_it_alone():
    """One plan, many threads: word is left where no other call looks."""
    plan = vg.Compose([vg.Pointwise(picky, most=1)]).plan(vg.Keys.at(0, 0, [0]), [(20, 30)], 3, np.float32)
    bad = IMAGE.copy()
    bad[10, 10, 1] = 1.25

    def fails(n):
        out = np.empty(plan.shapes[0], plan.dtype)
        try:
            plan.run(0, bad if n % 3 == 0 else IMAGE, out)
        except vg.InputError:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fails, range(600))) == [n % 3 == 0 for n in range(600)]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda pixel: (pixel[0], pixel[1]), "a tuple of 2, "),
        (lambda pixel: (pixel[0], pixel[1], pixel[2], 1.0), "a tuple of 4, "),
        (lambda pixel: None, "none"),
        (lambda pixel: [pixel[0], pixel[1], pixel[2]], "list"),
        (lambda pixel: np.array(pixel), "array"),
        (lambda pixel: pixel[0], "float64"),
        (lambda pixel: (1j, pixel[1], pixel[2]), "a tuple of 3, "),
        (lambda pixel: ("a", pixel[1], pixel[2]), "a tuple of 3, "),
    ],
)
def test_what_is_no_pixel_is_found_when_it_is_compiled(function, told):
    plan = vg.Compose([vg.Pointwise(function, name="mine")]).plan
    with pytest.raises(vg.InputError, match=f"^mine: the function returns {told}") as caught:
        plan(vg.Keys.at(0, 0, [0]), [(20, 30)])
    assert "takes a tuple of 3 floats, and returns such a tuple" in str(caught.value)


def test_it_must_fit_the_picture():
    with pytest.raises(vg.InputError, match=r"^Pointwise: the function returns a tuple of 3, "):
        vg.Compose([vg.Pointwise(lambda pixel: (pixel[0], pixel[0], pixel[0]))])(IMAGE[:, :, :1])
    with pytest.raises(vg.InputError, match="takes a tuple of 1 float and 2 drawn numbers, and returns such a tuple"):
        vg.Compose([vg.Pointwise(lambda pixel, a, b: (pixel[0], a), a=1, b=2)])(IMAGE[:, :, :1])


def test_whole_numbers_and_truth_are_numbers():
    out = vg.Compose([vg.Pointwise(lambda pixel: (pixel[0], 1, pixel[2] > 0.5))])(IMAGE)
    np.testing.assert_array_equal(out, np.stack([IMAGE[..., 0], IMAGE[..., 0] * 0 + 1, IMAGE[..., 2] > 0.5], axis=2))


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("numbers", [0, 1, 3])
def test_it_gives_what_python_gives(channels, numbers):
    image = np.random.default_rng(1).random((5, 4, channels), np.float32)
    drawn = dict(list({"a": 0.25, "b": 0.5, "c": 0.125}.items())[:numbers])

    def moved(pixel, *given):
        return pixel if len(given) == 0 else (*pixel[1:], pixel[0] * given[-1])

    want = image if not drawn else np.roll(image, -1, axis=2) * np.array([1] * (channels - 1) + [[*drawn.values()][-1]])
    np.testing.assert_array_equal(vg.Compose([vg.Pointwise(moved, **drawn)])(image), want.astype(np.float32))


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (lambda pixel: (np.log(pixel[0]) - np.log(pixel[0]), pixel[1], pixel[2]), "(nan, 0.0, 0.0)"),
        (lambda pixel: (pixel[0], pixel[1], np.log(pixel[2])), "(0.0, 0.0, -inf)"),
        (lambda pixel: (1e39 * (pixel[0] == 0), pixel[1], pixel[2]), "(1e+39, 0.0, 0.0)"),  # too large for a float32
    ],
)
def test_what_is_not_finite_is_an_error(function, made):
    """It was black, and of one channel it spread to all three where an affine step came after."""
    image = (IMAGE * 254).astype(np.uint8) + np.uint8(1)
    image[3, 4] = 0
    message = (
        f"function made {made} when it was called with ((0.0, 0.0, 0.0),): a number that is not finite, as of the "
    )
    with pytest.raises(vg.InputError, match=re.escape(message)):
        vg.Compose([vg.Pointwise(function), vg.Invert()])(image)


@pytest.mark.parametrize(
    "function",
    [
        lambda pixel: (pixel[0] / (pixel[0] + pixel[1] + pixel[2]), pixel[1], pixel[2]),
        lambda pixel: (pixel[0], min(1 / pixel[1], 1.0), pixel[2]),
        lambda pixel: (pixel[0], pixel[1] / pixel[2] < 2, pixel[2]),
        lambda pixel: (pixel[0], 7 // int(255 * pixel[1]), pixel[2]),
        lambda pixel: (pixel[0], 7 % int(255 * pixel[1]), pixel[2]),
        lambda pixel: (pixel[0], 0.5 // pixel[1], 0.5 % pixel[2]),
    ],
)
@pytest.mark.parametrize("jit", [False, True])
def test_a_division_by_zero_is_an_error_whatever_is_made_of_it(function, jit):
    image = (IMAGE * 254).astype(np.uint8) + np.uint8(1)
    image[3, 4] = 0
    with pytest.raises(ZeroDivisionError):
        function((0.0, 0.0, 0.0))
    with pytest.raises(
        vg.InputError, match=r"^Pointwise: the function raised ZeroDivisionError: .*\(\(0.0, 0.0, 0.0\),"
    ):
        vg.Compose([vg.Pointwise(numba.njit(function) if jit else function)])(image)


def test_what_was_not_finite_before_may_pass():
    """Of the picture, or of a function of the whole picture: it is clamped at the end."""

    def spoil(image):
        image[2, 3] = np.nan
        return image

    out = vg.Compose([vg.Opaque(spoil), vg.Pointwise(same)])(IMAGE)
    assert not out[2, 3].any() and out[2, 4].all()


@pytest.mark.parametrize("ops", [[], [vg.Posterize(3)], [vg.ToDtype("uint8")], [vg.Brightness(2)]])
def test_nan_of_a_whole_picture_counts_as_black_where_it_is_clamped_or_made_whole(ops):
    spoilt = vg.Compose([vg.Opaque(lambda image: image * np.float32(np.nan)), *ops])
    assert not spoilt((IMAGE * 255).astype(np.uint8)).any()
    assert np.isnan(spoilt(IMAGE)).all() if not ops else not spoilt(IMAGE).any()


def test_no_unit_of_ours_raises():
    """What is raised in a unit is lost: the user's own is the only one that catches it, so no other may raise."""
    seen = 0
    for file in KERNELS.glob("*.py"):
        if file.stem.startswith(("reference", "user")):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = {ast.unparse(each).split("(")[0] for each in getattr(node, "decorator_list", [])}
            if isinstance(node, ast.FunctionDef) and names & {"unit", "kernel"}:
                seen += 1
                assert not [each for each in ast.walk(node) if isinstance(each, ast.Raise | ast.Assert)], node.name
    assert seen > 50
