"""A sample that an op skips has the bytes of the pipeline without that op, whatever the chain and its gates."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.kernels.test_fused_equals_reference import (
    INTERPOLATIONS,
    NUMBERS,
    Case,
    colour,
    darker,
    last_write,
    new_canvas,
    picture,
    same_canvas,
    warm,
)

import variegate as vg

RUNS = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SAMPLES = 6


def changed(op, **fields):
    """The same op but for these fields: functions of a user's own are made in another way than `replace` knows."""
    other = copy.copy(op)
    for name, value in fields.items():
        object.__setattr__(other, name, value)
    return other


def without(pipeline, key):
    """The pipeline of those ops alone that apply; each goes by the path that it had, so it draws what it drew."""
    told, nodes = pipeline.params(key), pipeline.compiler.flat.nodes
    ops = [changed(node.op, name=node.path, p=1) for node in nodes if told[node.path]["applied"]]
    options = {name: getattr(pipeline, name) for name in ("interpolation", "antialias", "white")}
    return vg.Compose(ops, **options)


@st.composite
def gated(draw, op):
    """An op that chance leaves out: by its own p, or by that of a combinator around it."""
    how = draw(st.sampled_from(("p", "apply", "one", "some")))
    if how == "p":
        return changed(op, p=0.5)
    if how == "apply":
        return vg.RandomApply([changed(op, p=1)], p=0.5)
    if how == "one":
        return vg.OneOf([changed(op, p=1), vg.Brightness(1.25)])
    return vg.SomeOf([changed(op, p=1), vg.Brightness(0.75)], n=(0, 2))


def bent(channels, ranged):
    """An op that cuts a run where it applies: a table, a function of a pixel or of the picture; or another colour."""
    functions = [vg.Opaque(darker, by=(0, 0.4))] + [vg.Gamma((0.5, 2)), vg.Posterize(3), vg.Solarize(0.4)] * ranged
    return st.sampled_from(functions) | colour(channels, ranged)


@st.composite
def chains(draw, maps_too):
    """A pipeline in which chance leaves out colours, tables and functions, and with maps_too maps as well."""
    channels, (dtype, white) = draw(st.sampled_from((1, 3, 3, 4))), draw(st.sampled_from(NUMBERS))
    ranged = white is not None
    ops = [changed(op, p=1) for op in draw(st.lists(same_canvas(channels), max_size=3))]
    if maps_too:
        ops = [draw(gated(op)) if draw(st.booleans()) else op for op in ops]
    if draw(st.booleans()):
        ops.insert(draw(st.integers(0, len(ops))), draw(new_canvas(channels)))
    for _ in range(draw(st.integers(1, 3))):
        ops.insert(draw(st.integers(0, len(ops))), draw(bent(channels, ranged).flatmap(gated)))
    options = {"interpolation": draw(st.sampled_from(INTERPOLATIONS)), "antialias": draw(st.booleans())}
    pipeline = vg.Compose([*ops, *draw(last_write(ranged))], white=white, **options)
    shape = (draw(st.integers(1, 40)), draw(st.integers(1, 40)), channels)
    image = picture(shape, dtype, white, draw(st.integers(0, 2**32 - 1)), beyond=False)
    return Case(pipeline, image, vg.Key(seed=draw(st.integers(0, 9))))


def hold(pipeline, image, key):
    """Assert the law of a few samples of one batch."""
    keys = [vg.Key(key.seed, id=n) for n in range(SAMPLES)]
    for one, made in zip(keys, pipeline.batch([image] * SAMPLES, keys=keys), strict=True):
        np.testing.assert_array_equal(made, without(pipeline, one)(image, key=one))


@RUNS
@given(chains(maps_too=False))
def test_a_skipped_colour_table_or_function_leaves_no_trace(case):
    hold(*case)


@pytest.mark.parametrize("white", ["dtype", 1.0, 255.0, 100.0, None])
@pytest.mark.parametrize("maps", [[], [vg.Rotate((-30, 30))]])
@pytest.mark.parametrize("gates", [(0.5, 1), (1, 0.5), (0.5, 0.5)])
def test_a_skipped_function_beside_another_leaves_no_trace(white, maps, gates):
    """What lies between two functions is in units of white, whether or not there is a second one."""
    first, second = (vg.Opaque(darker, by=by, p=p) for by, p in zip((0.3, (0, 0.4)), gates, strict=True))
    for seed in range(4):
        image = picture((20, 30, 3), np.float32, white, seed, beyond=False)
        for between in ([], [vg.Brightness(0.5, p=0.5)]):
            hold(vg.Compose([first, *maps, *between, second], white=white), image, vg.Key(seed))


FINE = vg.ToDtype("float32")  # in which the last bit shows
ALONE = {
    "a function": [vg.Rotate((-30, 30)), vg.Opaque(darker, by=0.3, p=0.5), vg.Scale((0.5, 1))],
    "a table between maps": [vg.Rotate((-30, 30)), vg.Gamma(2, p=0.5), vg.Scale((0.5, 1))],
    "a table after all maps": [vg.Rotate(30), vg.Brightness(0.75), vg.Gamma(2, p=0.5), FINE],
    "a table before all maps": [vg.Gamma(2, p=0.5), vg.Rotate((-30, 30)), FINE],
    "a function of a pixel": [vg.Scale(0.5), vg.Pointwise(warm, amount=0.2, p=0.5), vg.Scale(2)],
}


@pytest.mark.parametrize("name", ALONE)
def test_each_kind_leaves_no_trace(name):
    """Where it is skipped the run is not cut: a second resampling would show in most values."""
    for seed in range(4):
        hold(vg.Compose(ALONE[name]), picture((20, 30, 3), np.uint8, "dtype", seed, beyond=False), vg.Key(seed))


TRACES = {
    "it decides how the run is read": [vg.Rotate(30), vg.Rotate(20, interpolation="nearest", p=0.5)],
    "it decides whether the run is filtered": [
        vg.Scale(0.3),
        vg.HorizontalFlip(),
        vg.Rotate(20, antialias=False, p=0.5),
    ],
    "a mean is taken of an earlier canvas": [vg.Shear((-20, 20)), vg.Contrast(1.5), vg.HorizontalFlip(p=0.5)],
}


@pytest.mark.parametrize("name", TRACES)
def test_a_skipped_map_leaves_no_trace(name):
    for seed in range(4):
        hold(vg.Compose(TRACES[name]), picture((20, 30, 3), np.uint8, "dtype", seed, beyond=False), vg.Key(seed))


@RUNS
@example(Case(vg.Compose(next(iter(TRACES.values()))), picture((20, 30, 3), np.uint8, "dtype", 0, False), vg.Key()))
@given(chains(maps_too=True))
def test_no_skipped_op_at_all_leaves_a_trace(case):
    hold(*case)
