"""The law of the house: whatever the chain, the fused kernels give what the slow reference gives.

The cases are the same in every run. After work on the kernels, try others: make search EXAMPLES=4000 ARGS=tests/kernels
(two minutes a test).
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.dist import Bits
from variegate.kernels.bits import uniforms
from variegate.kernels.codes import NEAREST, READ
from variegate.kernels.reference import reference_run
from variegate.ops import effect as effects
from variegate.scratch import SCRATCH
from variegate.white import white_of

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic")
RUNS = settings(
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=int(os.environ.get("VARIEGATE_EXAMPLES", "250")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def number(low, high, *special):
    """A number of a range, often one of those at which something could go wrong."""
    plain = st.floats(low, high).map(lambda x: float(np.float32(x)))
    return st.one_of(plain, st.sampled_from(special)) if special else plain


def warm(pixel, amount):
    """A user's function of one pixel."""
    return (pixel[0] + amount, pixel[1], pixel[2] * (1.0 - amount))


def darker(image, by):
    """A user's function of the whole array."""
    return image - np.float32(by) * np.arange(len(image), dtype=np.float32)[:, None, None] / len(image)


def shaded(row, y, height, bits, amount):
    """A user's function of one row: darker to the left and upwards, and a grain."""
    width = len(row[0])
    for c, channel in enumerate(row):
        grain = uniforms(bits, (c * height + y) * width, (c * height + y + 1) * width)
        for x in range(width):
            channel[x] += np.float32(amount * (x - y + c) / (width + height)) + np.float32(0.1) * grain[x]


class Shaded(vg.Op):
    """Colour that hangs on a pixel's place and the sample's bits."""

    gives = effects.RowFunction

    def drawn(self):
        return {"bits": Bits()}

    def lower(self, draws, sizes, context):
        return effects.RowFunction(shaded, np.full((len(sizes), 1), 0.3), draws["bits"])


def stretched(histogram, by):
    """A table out of a histogram: each channel multiplied, the more the darker it is."""
    levels = np.arange(256) / 255
    mean = (histogram * levels).sum(axis=1) / histogram.sum(axis=1)
    return levels * (1 + by * (1 - mean))[:, None]


class Stretched(vg.Op):
    """Colour that hangs on the whole picture's levels."""

    gives = effects.Statistic

    def lower(self, draws, sizes, context):
        return effects.Statistic(stretched, np.full((len(sizes), 1), 0.5))


class Tabled(vg.Op):
    """A table for each channel."""

    gives = effects.Table

    def lower(self, draws, sizes, context):
        levels = np.arange(256) / 255
        each = [levels**2, 1 - levels, levels / 2, levels, 0.2 + levels / 2][: context.channels]
        return effects.Table(np.tile(np.stack(each), (len(sizes), 1, 1)))


class Weighed(vg.Op):
    """A filter of the pixels around each, in one step or in two."""

    gives = effects.Stencil

    def __init__(self, weights, across, border, **options):
        super().__init__(**options)
        self._set(weights=weights, across=across, border=border)

    def __repr__(self):
        return f"Weighed({self.weights.tolist()}, {self.across}, {self.border!r}, p={self.p})"

    def lower(self, draws, sizes, context):
        weights, across = (
            None if each is None else np.stack([each] * len(sizes)) for each in (self.weights, self.across)
        )
        return effects.Stencil(weights, across, self.border)


@st.composite
def filters(draw):
    """Weights of up to 7 x 7 pixels, some of them none; their sizes together are 1."""
    m, n, k = (2 * draw(st.integers(0, 3)) + 1 for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    two = draw(st.booleans())
    n = 1 if two else n
    weights = rng.uniform(-0.3, 1, (m, n)) * (rng.random((m, n)) < 0.8)
    weights[m // 2, n // 2] += 0.1
    weights /= np.abs(weights).sum()
    across = rng.dirichlet(np.ones(k)) if two else None
    return Weighed(weights, across, draw(st.sampled_from(BORDERS)), p=draw(chance()))


@st.composite
def reading(draw, channels, bordered=True):
    """Interpolation, antialias, and border and fill, as keyword arguments."""
    options = {}
    if draw(st.integers(0, 3)) == 0:
        options["interpolation"] = draw(st.sampled_from(INTERPOLATIONS))
    if draw(st.integers(0, 3)) == 0:
        options["antialias"] = draw(st.booleans())
    if bordered:
        options["border"] = draw(st.sampled_from(BORDERS))
        fills = st.sampled_from((0, 1, 0.25, 255, 80))
        options["fill"] = draw(st.one_of(fills, st.tuples(*[fills] * channels)))
    return options


def chance():
    """p, mostly 1."""
    return st.sampled_from((1, 1, 1, 0.5))


@st.composite
def same_canvas(draw, channels):
    """A geometric op that may be left out without changing the size."""
    options, p = draw(reading(channels)), draw(chance())
    kind = draw(
        st.sampled_from(("rotate", "translate", "scale", "shear", "affine", "perspective", "flip", "flop", "part"))
    )
    if kind == "rotate":
        return vg.Rotate(draw(number(-180, 180, 0, 45, 90, -90, 180, 0.01)), p=p, **options)
    if kind == "translate":
        return vg.Translate(draw(number(-1.5, 1.5, 0, 0.5)), draw(number(-1.5, 1.5, 0, 0.5)), p=p, **options)
    if kind == "scale":
        sizes = [draw(number(0.1, 3, 1, 0.5, 0.25, 2)) for _ in range(3)]
        return vg.Scale(*sizes, p=p, **options)
    if kind == "shear":
        return vg.Shear(draw(number(-60, 60, 0, 45)), draw(number(-25, 25, 0)), p=p, **options)
    if kind == "affine":
        angle, scale, shear = draw(number(-180, 180)), draw(number(0.2, 2)), draw(number(-30, 30))
        return vg.Affine(rotate=angle, scale=scale, shear_x=shear, p=p, **options)
    if kind == "perspective":
        return vg.Perspective(draw(number(0, 0.65)), p=p, **options)
    if kind == "part":
        del options["border"], options["fill"]
        return vg.RandomResizedCrop(None, (0.1, 1), p=p, **options)
    return vg.HorizontalFlip(p=p) if kind == "flip" else vg.VerticalFlip(p=p)


@st.composite
def new_canvas(draw, channels):
    """A geometric op that changes the size, and so always applies."""
    size = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    kind = draw(st.sampled_from(("resize", "least", "most", "pad", "crop", "middle", "window", "part", "swap", "turn")))
    options = draw(reading(channels, bordered=kind in ("pad", "crop", "middle", "window")))
    if kind == "resize":
        return vg.Resize(size, **options)
    if kind == "least":
        return vg.SmallestMaxSize(draw(st.integers(1, 12)), **options)
    if kind == "most":
        return vg.LongestMaxSize(draw(st.integers(1, 40)), **options)
    if kind == "pad":
        return vg.Pad(draw(st.integers(0, 9)), left=draw(st.integers(0, 30)), **options)
    if kind == "part":
        return vg.RandomResizedCrop(size, **options)
    if kind == "swap":
        return vg.Transpose()
    if kind == "turn":
        return vg.Rotate90()
    border = {"border": options["border"], "fill": options["fill"]}
    if kind == "crop":
        return vg.Crop(draw(st.integers(-20, 20)), draw(st.integers(-20, 20)), *size, **border)
    return (vg.CenterCrop if kind == "middle" else vg.RandomCrop)(size, **border)


@st.composite
def colour(draw, channels, ranged):
    """A colour op that pictures of so many channels can have; ranged: whether their numbers have a range."""
    p, kinds = (
        draw(chance()),
        ["brightness", "contrast", "channel", "rows", *(["invert", "table", "levels"] if ranged else [])],
    )
    if channels in (1, 3):
        kinds += ["jitter", "luminance"]
    if channels == 3:
        kinds += ["saturation", "hue", "grey", "warm"]
    kind = draw(st.sampled_from(kinds))
    if kind == "brightness":
        return vg.Brightness(draw(number(0, 2, 1)), p=p)
    if kind in ("contrast", "channel"):
        return vg.Contrast(draw(number(0, 2, 1, 0)), about="channel", p=p)
    if kind == "luminance":
        return vg.Contrast(draw(number(0, 2, 0)), p=p)
    if kind == "invert":
        return vg.Invert(p=p)
    if kind == "jitter":
        return vg.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-40, 40), p=p)
    if kind == "saturation":
        return vg.Saturation(draw(number(0, 2, 0)), p=p)
    if kind == "hue":
        return vg.Hue(draw(number(-180, 180)), p=p)
    if kind == "grey":
        return vg.Grayscale(p=p)
    if kind == "warm":
        return vg.Pointwise(warm, amount=draw(number(-0.3, 0.3)), p=p)
    if kind in ("rows", "levels"):
        return (Shaded if kind == "rows" else Stretched)(p=p)
    return draw(st.sampled_from((vg.Gamma(1.7, p=p), vg.Posterize(3, p=p), vg.Solarize(0.4, p=p), Tabled(p=p))))


@st.composite
def last_write(draw, ranged):
    """How the result is written."""
    layout = draw(st.sampled_from(("HWC", "CHW")))
    dtypes = ("uint8", "uint16", "float32", "float16") if ranged else ()
    ways = [[], [vg.Normalize(0.4, 0.25, layout)], *([vg.ToDtype(dtype, layout)] for dtype in dtypes)]
    return draw(st.sampled_from(ways))


MOST = 1 << 17  # numbers of scratch that a small picture can have

NUMBERS = (  # dtypes of pictures, and what white is in them
    *[(np.uint8, "dtype"), (np.uint16, "dtype"), (np.float32, "dtype")] * 2,
    (np.uint16, 4095),
    (np.float32, 255.0),
    (np.float32, None),
)


class Case(NamedTuple):
    """A pipeline, a picture and a key; told as one would write them."""

    pipeline: vg.Compose
    image: np.ndarray
    key: vg.Key

    def __repr__(self) -> str:
        return f"{self.pipeline!r} on {self.image.dtype} {self.image.shape} with {self.key!r}"


@st.composite
def cases(draw, geometry=6, colours=0, alone=False, side=40):
    """A pipeline with so many ops at most, a picture and a key."""
    channels, (dtype, white) = draw(st.sampled_from((1, 2, 3, 3, 3, 4, 5))), draw(st.sampled_from(NUMBERS))
    ops = draw(st.lists(st.one_of(same_canvas(channels), new_canvas(channels)), min_size=1, max_size=geometry))
    for _ in range(draw(st.integers(min(colours, 1), colours))):
        ops.insert(draw(st.integers(0, len(ops))), draw(colour(channels, white is not None)))
    if alone:
        other = vg.Opaque(darker, by=0.3, p=draw(chance()))
        ops.insert(draw(st.integers(0, len(ops))), draw(st.one_of(st.just(other), filters(), filters())))
    if any(op.resizes for op in ops):
        ops.append(vg.Resize(draw(st.tuples(st.integers(1, 40), st.integers(1, 40))), p=1))
    interpolation, antialias = draw(st.sampled_from(INTERPOLATIONS)), draw(st.booleans())
    ops += draw(last_write(white is not None))
    pipeline = vg.Compose(ops, interpolation=interpolation, antialias=antialias, white=white)
    shape = (draw(st.integers(1, side)), draw(st.integers(1, side)), channels)
    image = picture(
        shape,
        dtype,
        white,
        draw(st.integers(0, 2**32 - 1)),
        beyond=not pipeline.plan(KEYS, [shape[:2]], *shape[2:], dtype).asks,
    )
    return Case(pipeline, image, vg.Key(id=draw(st.integers(0, 99))))


KEYS = vg.Keys.of([vg.Key()])


def picture(shape, dtype, white, seed, beyond):
    """Noise: the hardest picture, as no two neighbours are alike; beyond: floats may leave 0 to white."""
    rng = np.random.default_rng(seed)
    most = white_of(white, np.dtype(dtype).name, "") or 1.0
    if dtype == np.float32:
        return (rng.uniform(-0.2 * beyond, 1 + 0.2 * beyond, shape) * most).astype(np.float32)
    return rng.choice(np.array([0, most, *range(0, int(most) + 1, 1 + int(most) // 300)], dtype), shape)


def strength(plan, row):
    """How many times larger an error of the source can leave the colour steps, at most."""
    product = 1.0
    bound = plan.bound
    for r in bound.rows(row):
        for step in bound.read.tables.row(r).steps:
            rows = np.abs(step[:9]).reshape(3, 3).sum(axis=1).max()
            product *= max(1.0, rows + np.abs(step[12:]).sum()) if step.any() else 1.0
    return product


def hold(pipeline, image, key, size=None, covers=None):
    """Assert that the kernels give what the reference gives, up to rounding; returns the share of pixels in doubt.

    size, covers  what was planned, where the picture is smaller, and which part of that it shows
    """
    plan = pipeline.plan(vg.Keys.of([key]), [size or image.shape[:2]], image.shape[2], image.dtype)
    out = np.empty(plan.shapes[0], plan.dtype)
    for scratch in ("between 0", "between 1", "whole"):
        SCRATCH.array(scratch, (MOST,))[:] = np.nan  # of an earlier picture: nobody may read it
    plan.run(0, image, out, covers)
    # A prefiltered uint8 source is kept in quarter levels, after three filters; means are of steps of 1 / 65536.
    bound = plan.bound
    passes = [bound.read.tables.row(r) for r in bound.rows(0) if bound.run_by[r] == READ]
    prefiltered = image.dtype == np.uint8 and passes[0].antialias and passes[0].interpolation != NEAREST
    error = (0.25 / 255 if prefiltered else 0) + 2e-5
    error *= strength(plan, 0)
    truth = reference_run(plan, 0, image, slack=255 * error, covers=covers)
    assert out.shape == truth.values.shape
    white = passes[-1].gain.max()
    room = error * white + (np.abs(truth.values) * 2.0**-11 + 2.0**-24 if out.dtype == np.float16 else 1e-6 * white)
    if any(bound.run_by[r] != READ for r in bound.rows(0)):  # float32 sums of what may be fills far beyond white
        room = room + 1e-6 * np.abs(truth.values).max(initial=0)
    room = room + 0.5 if out.dtype.kind == "u" else room
    wrong = ~(np.abs(out - truth.values) <= room) & ~truth.doubt  # so that NaN is wrong
    assert not wrong.any(), (
        f"{wrong.sum()} of {wrong.size} values differ, by up to {np.abs(out - truth.values)[wrong].max()}, "
        f"where {np.max(room)} is allowed; first at {np.argwhere(wrong)[0]}"
    )
    return truth.doubt.mean()


def told(doubt):
    """Count how often pixels were left out: seen with --hypothesis-show-statistics."""
    event(f"in doubt: {'none' if doubt == 0 else 'some' if doubt < 0.5 else 'most'}")


@RUNS
@given(cases())
def test_any_chain_of_geometric_ops(case):
    told(hold(*case))


@RUNS
@given(cases(geometry=3, side=4))
def test_any_chain_on_a_tiny_picture(case):
    """A few pixels are fewer bytes than a kernel would load at once, so they take a way of their own."""
    told(hold(*case))


@pytest.mark.parametrize("shape", [(1, 3, 5), (1, 4, 3), (3, 1, 5), (1, 6, 1), (2, 2, 3)])
def test_a_tiny_picture_whose_cubic_overshoots(shape):
    """Black beside white, filtered by a cubic: values below black and above white, which no byte can hold."""
    for n, border in enumerate(BORDERS * 4):
        ops = [vg.Rotate(17.0 * n, border=border), vg.Scale(0.84 - 0.02 * n), vg.Pad(4, border="reflect")]
        image = np.random.default_rng(n).choice(np.array([0, 255], np.uint8), shape)
        hold(vg.Compose(ops, interpolation="bicubic"), image, vg.Key())


@RUNS
@given(cases(geometry=4, colours=4))
def test_any_chain_with_colour(case):
    told(hold(*case))


@RUNS
@given(cases(geometry=3, colours=2, alone=True))
def test_any_chain_cut_by_what_stands_alone(case):
    told(hold(*case))


class Smaller(NamedTuple):
    """A case with what was planned, and what part of that its picture shows."""

    pipeline: vg.Compose
    image: np.ndarray
    key: vg.Key
    size: tuple[int, int]
    covers: tuple[float, float, float, float] | None

    def __repr__(self) -> str:
        return f"{Case(*self[:3])!r}, planned as {self.size}, of which it shows {self.covers}"


@st.composite
def smaller(draw, case):
    """A case with a picture smaller than the one that was planned, often by a whole factor, perhaps of a part of it."""
    height, width = case.image.shape[:2]
    across, down = (
        draw(st.sampled_from(((2, 2), (8, 8), (1, 3))))
        if draw(st.booleans())
        else draw(st.tuples(number(1, 9), number(1, 9)))
    )
    size = max(height, int(height * down)), max(width, int(width * across))
    covers = None
    if draw(st.booleans()):
        left, top = draw(number(-9, 9, 0)), draw(number(-9, 9, 0))
        covers = left, top, left + draw(number(width, 2 * size[1])), top + draw(number(height, 2 * size[0]))
    return Smaller(*case, size, covers)


@RUNS
@given(cases(geometry=4, colours=2).flatmap(smaller))
def test_any_chain_of_a_picture_smaller_than_planned(case):
    told(hold(*case))


@RUNS
@given(cases(geometry=3, alone=True, side=9).flatmap(smaller))
def test_any_chain_of_a_smaller_picture_cut_by_a_function_of_the_array(case):
    told(hold(*case))
