"""Functions of a user's own in a pipeline: what they raise names op and sample; their generator is the key's."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import variegate as vg
from variegate.testing import assert_draws_are_keyed, assert_fused_equals_reference, check


class OwnError(Exception):
    """One of the user's."""


def grain(image, strength, rng):
    return image + np.float32(strength) * rng.normal(size=image.shape).astype(np.float32)


def blots(image, rng, side=2):
    """A patch in a place that the generator chooses."""
    top, left = rng.integers(0, image.shape[0] - side), rng.integers(0, image.shape[1] - side)
    image[top : top + side, left : left + side] = rng.random(3, np.float32)[: image.shape[2]]
    return image


def strict(image, most):
    if image.max() > most:
        raise OwnError("too bright", most)
    return image


def pale(pixel, most):
    if pixel[0] > most:
        raise ValueError("too red")
    return pixel


def images(count=4, dtype=np.uint8):
    rng = np.random.default_rng(0)
    made = [rng.integers(0, 100, (12 + n, 20, 3), dtype=np.uint8) for n in range(count)]
    return made if dtype == np.uint8 else [(each / 255).astype(dtype) for each in made]


def bright(at, count=4):
    made = images(count)
    made[at][5, 5] = 250
    return made


CHAIN = [vg.HorizontalFlip(p=0.5), vg.Opaque(strict, most=0.75), vg.Resize(8)]
PIXELS = [vg.HorizontalFlip(p=0.5), vg.Pointwise(pale, most=0.75), vg.Resize(8)]

# What they raise


def test_an_error_within_opaque_is_its_own_and_names_the_op():
    with pytest.raises(OwnError) as caught:
        vg.Compose(CHAIN)(bright(0)[0])
    assert caught.value.args == ("too bright", 0.75)
    assert caught.value.__notes__ == ["variegate: this was in strict, whose function was called with (most=0.75)"]
    with pytest.raises(TypeError) as missing:
        vg.Compose([vg.Opaque(strict, name="mine", rng=True)])(images()[0])
    assert missing.value.__notes__ == ["variegate: this was in mine, whose function was called with ()"]


def test_a_batch_names_the_sample():
    for chain, kind in ((CHAIN, OwnError), (PIXELS, vg.InputError)):
        augment = vg.Compose(chain)
        with pytest.raises(kind) as caught:
            augment.batch(bright(2))
        assert caught.value.__notes__[-1] == "variegate: this was in making sample 2 of the batch"
        with pytest.raises(kind) as caught:
            augment.batch(image=bright(3), label=[1, 2, 3, 4])
        assert caught.value.__notes__[-1] == "variegate: this was in making sample 3 of the batch"
        assert augment.batch(images()).shape == (4, 8, 8, 3)


@pytest.mark.parametrize(("chain", "kind", "name"), [(CHAIN, OwnError, "strict"), (PIXELS, vg.InputError, "pale")])
def test_every_other_way_to_run_one_names_it_too(chain, kind, name):
    augment, good, bad = vg.Compose(chain, targets={"view": vg.Image(colour=True)}), images(1)[0], bright(0)[0]
    _, record = augment(good, return_params=True)
    ways = [
        partial(augment.replay, record, bad),
        partial(augment, image=good, view=bad),
        partial(next, augment.variations(bad, seed=0)),
        partial(vg.TTA(augment, 2).classification, lambda batch: batch[:, 0, 0], bad),
    ]
    for way in ways:
        with pytest.raises(kind) as caught:
            way()
        told = [str(caught.value), *getattr(caught.value, "__notes__", [])]
        assert any(f"{name}: the function raised" in each or f"in {name}, whose" in each for each in told), told


# Generators

NOISY = {
    "alone": [vg.Opaque(grain, strength=0.1, rng=True)],
    "in a chain": [
        vg.Rotate((-30, 30)),
        vg.Opaque(grain, strength=(0, 0.2), rng=True, p=0.5),
        vg.Opaque(blots, rng=True),
        vg.RandomResizedCrop(16),
        vg.Opaque(grain, strength=0.1, rng=True),
    ],
    "chosen": [vg.OneOf([vg.Opaque(grain, strength=0.1, rng=True), vg.Opaque(blots, rng=True)])],
}


@pytest.mark.parametrize("name", NOISY)
def test_the_same_key_gives_the_same_bytes(name):
    augment, picture = vg.Compose(NOISY[name]), images(1)[0]
    for n in range(6):
        key = vg.Key(3, 1, n, 2)
        out, record = augment(picture, key=key, return_params=True)
        np.random.seed(n)
        np.testing.assert_array_equal(out, augment(picture, key=key))
        np.testing.assert_array_equal(out, augment.replay(json.loads(json.dumps(record)), picture))
        np.testing.assert_array_equal(out, pickle.loads(pickle.dumps(augment))(picture, key=key))


def test_another_key_gives_other_noise():
    augment, picture = vg.Compose(NOISY["alone"]), images(1)[0]
    keys = [vg.Key(), vg.Key(seed=1), vg.Key(epoch=1), vg.Key(id=1), vg.Key(variation=1)]
    assert len({augment(picture, key=key).tobytes() for key in keys}) == len(keys)
    twice = vg.Compose([vg.Opaque(lambda image, rng: image * 0 + rng.random(image.shape), rng=True)] * 2)
    first = vg.Compose(twice.ops[:1])
    assert not np.array_equal(twice(picture, key=vg.Key()), first(picture, key=vg.Key())), "each op has its own"


def test_batches_and_threads_change_nothing():
    augment = vg.Compose([*NOISY["in a chain"], vg.Normalize()])
    pictures, keys = images(8), [vg.Key(1, 0, n) for n in range(8)]
    alone = [augment(picture, key=key) for picture, key in zip(pictures, keys, strict=True)]
    np.testing.assert_array_equal(augment.batch(pictures, keys=keys), alone)
    plan = augment.plan(vg.Keys.of(keys), [picture.shape[:2] for picture in pictures])

    def run(n):
        out = np.empty(plan.shapes[n % 8], plan.dtype)
        plan.run(n % 8, pictures[n % 8], out)
        return out

    with ThreadPoolExecutor(4) as pool:
        for n, out in enumerate(pool.map(run, range(64))):
            np.testing.assert_array_equal(out, alone[n % 8])


def test_a_view_has_the_same_noise():
    augment = vg.Compose([vg.Opaque(grain, strength=0.1, rng=True)], targets={"view": vg.Image()})
    picture = images(1)[0]
    out = augment(image=picture, view=picture, key=vg.Key(5))
    np.testing.assert_array_equal(out["image"], out["view"])


def test_tta_repeats_it():
    noise = vg.TTA(vg.Compose([vg.Opaque(grain, strength=0.1, rng=True, moves_pixels=False)]), 3)
    means = [noise.segmentation(lambda batch: batch.astype(np.float32), images(1)[0]) for _ in range(2)]
    np.testing.assert_array_equal(*means)


def test_every_way_of_running_it_gives_the_same():
    check(NOISY["in a chain"])
    assert_draws_are_keyed(NOISY["in a chain"])
    assert_fused_equals_reference([vg.Rotate((-9, 9)), vg.Opaque(grain, strength=0.05, rng=True)])


def test_a_record_with_another_generator_is_refused_or_followed():
    augment, picture = vg.Compose(NOISY["alone"]), images(1)[0]
    out, record = augment(picture, key=vg.Key(), return_params=True)
    assert len(record["draws"]["grain"]["rng"]) == 4
    record["draws"]["grain"]["rng"][3] ^= 1
    assert not np.array_equal(augment.replay(record, picture), out)
    record["draws"]["grain"]["rng"].pop()
    with pytest.raises(vg.InputError, match="the record is damaged"):
        augment.replay(record, picture)
