"""What the tests of ops share: lowering with chosen draws, and pixels picked by a map, written as plainly as can be."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.dist import Bits
from variegate.ops.base import LoweringContext


@pytest.fixture(scope="session")
def lower():
    """lower(op, sizes, channels=3, **draws): the effect; a field not given is drawn at the middle of its range.

    boxes, masks  what the op sees of the labels, one entry a sample
    """

    def call(op, sizes, channels=3, boxes=(), masks=(), **draws):
        sizes = np.array(sizes, np.int64).reshape(-1, 2)
        columns = {}
        for field, distribution in op.drawn().items():
            shape = (op.times(field), len(sizes)) if op.times(field) > 1 else (len(sizes),)
            if isinstance(distribution, Bits):
                columns[field] = np.asarray(draws.get(field, np.zeros((4, len(sizes)))), np.uint32)
            elif field in draws:
                columns[field] = np.broadcast_to(np.asarray(draws[field], np.float64), shape)
            else:
                columns[field] = distribution.at(np.full((distribution.draws, *shape), 0.5))
        boxes = [None if each is None else np.asarray(each, np.float64).reshape(-1, 4) for each in boxes]
        return op.lower(columns, sizes, LoweringContext(channels, boxes, masks))

    return call


@pytest.fixture(scope="session")
def parts():
    """parts(map): (top, left, bottom, right) of the part that each picture is cut to, in pixels."""

    def call(effect):
        (height, width), matrix = effect.size.T, effect.matrix
        top, left = matrix[:, 1, 2], matrix[:, 0, 2]
        exact = np.stack([top, left, top + matrix[:, 1, 1] * height, left + matrix[:, 0, 0] * width], axis=1)
        whole = np.rint(exact)
        assert np.abs(exact - whole).max(initial=0) < 1e-9 and np.array_equal(exact[:, :2], whole[:, :2])
        return [tuple(row) for row in whole.astype(int).tolist()]

    return call


@pytest.fixture(scope="session")
def pick():
    """pick(image, map): each output pixel takes the input pixel that its centre falls in; outside is -1."""

    def call(image, effect):
        (height, width), (rows, columns) = image.shape[:2], effect.size[0]
        matrix, out = effect.matrices(np.array([image.shape[:2]]))[0], np.full((rows, columns), -1)
        for i in range(rows):
            for j in range(columns):
                x, y, w = matrix @ (j + 0.5, i + 0.5, 1)
                column, row = int(np.floor(x / w)), int(np.floor(y / w))
                if 0 <= row < height and 0 <= column < width:
                    out[i, j] = image[row, column]
        return out

    return call


@pytest.fixture(scope="session")
def image():
    """A small picture in which no two pixels are alike: 5 rows, 7 columns."""
    return np.arange(35).reshape(5, 7)


@pytest.fixture(scope="session")
def colour():
    """colour(matrix, pixels, mean=None): what a Matrix makes of (n, 3) pixels of one picture."""

    def call(effect, pixels):
        out = pixels @ effect.weights[0].T + effect.offset[0]
        if effect.luminance is not None:
            out = out + effect.luminance[0] * (pixels @ (0.299, 0.587, 0.114)).mean()
        if effect.channel is not None:
            out = out + effect.channel[0] * pixels.mean(axis=0)
        return out

    return call
