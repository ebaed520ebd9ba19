"""Compose as a caller meets it: forms of call, keys, fresh numbers, pickles, and errors that say what to do."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pytest

import variegate as vg


def image(channels=3, size=(20, 30), dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, 256, (*size, channels), np.uint8)
        if dtype == np.uint8
        else rng.random((*size, channels), np.float32)
    )


def random_ops():
    return [vg.Rotate((-30, 30)), vg.HorizontalFlip(p=0.5), vg.Contrast((0.5, 1.5))]


AUGMENT = vg.Compose(random_ops())


# Forms of call


def test_an_array_gives_an_array():
    out = AUGMENT(image())
    assert isinstance(out, np.ndarray) and out.shape == (20, 30, 3) and out.dtype == np.uint8


def test_fields_give_a_dict_and_a_label_is_passed_on():
    key, label = vg.Key(3), b"owl"
    out = AUGMENT(image=image(), label=label, key=key)
    assert list(out) == ["image", "label"] or set(out) == {"image", "label"}
    assert out["label"] is label
    np.testing.assert_array_equal(out["image"], AUGMENT(image(), key=key))
    assert set(AUGMENT(image=image())) == {"image"}


def test_a_picture_without_channels_stays_so():
    grey = image()[:, :, 0]
    out = vg.Compose([vg.Rotate(20)])(grey)
    assert out.shape == (20, 30)
    np.testing.assert_array_equal(out, vg.Compose([vg.Rotate(20)])(grey[:, :, None])[:, :, 0])
    assert vg.Compose([vg.ToDtype("float32", layout="CHW")])(grey).shape == (1, 20, 30)


def test_the_picture_is_not_changed():
    for dtype in (np.uint8, np.float32):
        given = image(dtype=dtype)
        before = given.copy()
        out = vg.Compose([])(given)
        np.testing.assert_array_equal(given, before)
        assert not np.shares_memory(out, given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[1, 2], [3, 4]], "a picture is a NumPy array or a PIL image, got list; np.asarray(image) may do"),
        ("photo.jpg", "a picture is a NumPy array or a PIL image, got a path: open it"),
        (np.full((4, 5, 3), 0.1), "a picture is uint8, uint16 or float32, got float64 (4, 5, 3); convert it"),
        (np.zeros(4, np.uint8), "a picture is (height, width) or (height, width, channels), none of them 0; got (4,)"),
        (np.zeros((2, 4, 5, 3), np.uint8), "got (2, 4, 5, 3): a batch goes into augment.batch(images)"),
        (np.zeros((0, 5, 3), np.uint8), "none of them 0; got (0, 5, 3)"),
        (np.zeros((4, 5, 0), np.uint8), "none of them 0; got (4, 5, 0)"),
    ],
)
def test_what_is_no_picture_is_refused(given, message):
    for call in (lambda: AUGMENT(given), lambda: AUGMENT(image=given), lambda: AUGMENT.batch([given])):
        with pytest.raises(vg.InputError, match=re.escape(message)):
            call()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "a sample needs image=, got nothing"),
        ({"label": 3}, "a sample needs image=, got ['label']"),
        (
            {"image": image(), "mask": image()},
            "mask is (height, width), and (height, width, channels) only as floats or where Mask(channels=) says how "
            "many masks of classes there are; got uint8 (20, 30, 3). Turn colours into class numbers first",
        ),
        (
            {"image": image(), "mask": 1, "boxes": 2},
            "unknown field boxes: declared are image, mask, label. Say what a field is where the pipeline is made, "
            "such as targets={\"boxes\": Boxes('coco')}; or leave it out",
        ),
        (
            {"image": image(), "heads": 1, "boxes": 2},
            "unknown fields heads, boxes: declared are image, mask, label. Say what a field is where the pipeline is "
            'made, such as targets={"heads": ..., "boxes": Boxes(\'coco\')}, with ... one of Image(), Mask(), ',
        ),
    ],
)
def test_fields_that_cannot_be_taken(fields, message):
    with pytest.raises(vg.InputError, match=re.escape(message)):
        AUGMENT(**fields)


def test_position_and_keyword_do_not_mix():
    with pytest.raises(
        vg.InputError, match=re.escape("give the picture by position or by keyword, not both: got ['label']")
    ):
        AUGMENT(image(), label=3)


def test_an_op_that_cannot_take_these_channels_says_so():
    with pytest.raises(vg.InputError, match=r"takes pictures of 1 or 3 channels, got 2|2 channels"):
        vg.Compose([vg.Saturation(2)])(image(2))


# Keys


def test_the_same_key_gives_the_same_bytes_for_ever():
    """Across calls, batches and pipelines declared anew."""
    key = vg.Key(seed=4, epoch=2, id=9, variation=1)
    first = AUGMENT(image(), key=key)
    np.testing.assert_array_equal(AUGMENT(image(), key=key), first)
    np.testing.assert_array_equal(vg.Compose(random_ops())(image(), key=key), first)
    np.testing.assert_array_equal(AUGMENT.batch([image(), image()], keys=[vg.Key(seed=4), key])[1], first)


@pytest.mark.parametrize("other", [vg.Key(1), vg.Key(epoch=1), vg.Key(id=1), vg.Key(variation=1), vg.Key(id=2**63)])
def test_every_part_of_a_key_counts(other):
    assert not np.array_equal(AUGMENT(image(), key=vg.Key()), AUGMENT(image(), key=other))


def test_calls_without_a_key_never_repeat():
    numbers = vg.Compose([vg.Translate((0, 0.5), fill=0.5)])
    seen = {numbers(image(1, (1, 64), np.float32)).tobytes() for _ in range(200)}
    seen |= {each.tobytes() for each in numbers.batch([image(1, (1, 64), np.float32)] * 200)}
    assert len(seen) == 400


def draw_some(_=None):
    """The bytes of four fresh augmentations, in whatever process this runs."""
    return [AUGMENT(image()).tobytes() for _ in range(4)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forks_draw_numbers_of_their_own():
    here = draw_some()  # the parent has its seed already, so the children inherit it
    found = [here]
    for _ in range(2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, pickle.dumps([hash(each) for each in draw_some()]))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            found.append(pickle.loads(pipe.read()))
        os.waitpid(child, 0)
    every = [hash(each) for each in here] + found[1] + found[2]
    assert len(set(every)) == 12


def test_spawned_processes_draw_numbers_of_their_own():
    code = (
        "import numpy as np, variegate as vg\n"
        "augment = vg.Compose([vg.Translate((0, 1))])\n"
        "print([p['Translate']['x'] for p in [augment.params(vg.key.fresh_key()) for _ in range(3)]])"
    )
    told = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    numbers = [x for line in told for x in json.loads(line)]
    assert len(set(numbers)) == 6


def test_threads_draw_numbers_of_their_own():
    numbers = vg.Compose([vg.Translate((0, 0.5), fill=0.5)])
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: numbers(image(1, (1, 64), np.float32)).tobytes(), range(200)))
    assert len(seen) == 200


# Batches


def test_a_batch_of_one_shape_is_an_array_and_else_a_list():
    same = AUGMENT.batch([image(), image()])
    assert isinstance(same, np.ndarray) and same.shape == (2, 20, 30, 3)
    stacked = AUGMENT.batch(np.stack([image(), image()]), keys=[vg.Key(id=0), vg.Key(id=1)])
    np.testing.assert_array_equal(stacked, AUGMENT.batch([image(), image()], keys=vg.Keys.at(0, 0, [0, 1])))
    ragged = AUGMENT.batch([image(), image(size=(5, 6))])
    assert isinstance(ragged, list) and [each.shape for each in ragged] == [(20, 30, 3), (5, 6, 3)]
    settled = vg.Compose([vg.Resize(8), vg.Normalize(layout="CHW")]).batch([image(), image(size=(5, 6))])
    assert settled.shape == (2, 3, 8, 8) and settled.dtype == np.float32


def test_the_pictures_of_a_fresh_batch_differ():
    out = vg.Compose([vg.Translate((0, 0.5), fill=0.5)]).batch([image(1, (1, 64), np.float32)] * 16)
    assert len({each.tobytes() for each in out}) == 16


@pytest.mark.parametrize("empty", [[], np.zeros((0, 4, 5, 3), np.uint8)])
def test_an_empty_batch_is_empty(empty):
    assert len(AUGMENT.batch(empty)) == 0


def test_functions_count_in_a_fingerprint():
    """Two lambdas have one name; what they do differs, and so do their pipelines."""
    one, two = vg.Compose([vg.Opaque(lambda a: a)]), vg.Compose([vg.Opaque(lambda a: a + 1)])
    assert one.fingerprint != two.fingerprint


def scaled(by):
    return lambda picture: picture * by


def test_a_record_of_a_function_that_closes_over_something_else_is_refused():
    one, two = (vg.Compose([vg.Rotate((-9, 9)), vg.Opaque(scaled(np.float32(by)), name="scaled")]) for by in (0.5, 1))
    result, record = one(image(), return_params=True)
    np.testing.assert_array_equal(one.replay(record, image()), result)
    with pytest.raises(vg.InputError, match="the record is of another pipeline"):
        two.replay(record, image())


class Counted:
    """An option that counts how often it is told."""

    times = 0

    def __getstate__(self):
        Counted.times += 1
        return {"x": 1}


def test_a_fingerprint_is_made_once_and_not_pickled():
    augment = vg.Compose([vg.Opaque(with_option, option=Counted())])
    _, record = augment(image(), return_params=True)
    for _ in range(3):
        augment.replay(record, image())
        augment(image(), return_params=True)
    assert Counted.times == 1
    again = pickle.loads(pickle.dumps(augment))
    assert "fingerprint" not in vars(again) and again.fingerprint == augment.fingerprint


def with_option(image, option=None):
    return image


def test_grey_pictures_of_a_batch():
    """One by one, a picture without channels stays so; a batch gives the same."""
    grey = [image()[:, :, 0], image(seed=1)[:, :, 0]]
    keys = vg.Keys.at(0, 0, [0, 1])
    flat = vg.Compose([vg.Rotate((-9, 9))])
    together = flat.batch(grey, keys=keys)
    assert together.shape == (2, 20, 30)
    for n in range(2):
        np.testing.assert_array_equal(together[n], flat(grey[n], key=keys[n]))


def test_a_batch_that_does_not_fit_together():
    with pytest.raises(vg.InputError, match=re.escape("1 keys for 2 pictures; give one key a picture")):
        AUGMENT.batch([image(), image()], keys=[vg.Key()])
    with pytest.raises(vg.InputError, match="pictures of one batch share channels and dtype, got"):
        AUGMENT.batch([image(), image(1)])
    with pytest.raises(vg.InputError, match="pictures of one batch share channels and dtype, got"):
        AUGMENT.batch([image(), image(dtype=np.float32)])
    with pytest.raises(vg.InputError, match="the keys of a batch share one seed"):
        AUGMENT.batch([image(), image()], keys=[vg.Key(1), vg.Key(2)])


def test_a_plan_that_cannot_be():
    keys = vg.Keys.at(0, 0, [0, 1])
    with pytest.raises(
        vg.InputError, match=re.escape("pictures are uint8, uint16 or float32, got float64; convert them first")
    ):
        AUGMENT.plan(keys, [(4, 5)] * 2, 3, np.float64)
    with pytest.raises(vg.InputError, match=re.escape("2 keys for 1 sizes; a plan needs one of each a sample")):
        AUGMENT.plan(keys, [(4, 5)])
    with pytest.raises(vg.InputError, match="a picture has 1 pixel or more and at most 2 GiB, got sizes"):
        AUGMENT.plan(keys, [(4, 5), (0, 5)])
    with pytest.raises(vg.InputError, match="a picture has 1 pixel or more and at most 2 GiB, got sizes"):
        AUGMENT.plan(keys, [(4, 5), (40_000, 40_000)])


# Variations, params, fingerprint


def test_variations_are_endless_and_can_be_had_again():
    first, second = (list(islice(AUGMENT.variations(image(), seed=0), 12)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len({each.tobytes() for each in first}) == 12
    np.testing.assert_array_equal(first[5], AUGMENT(image(), key=vg.Key(0, 0, 0, 5)))
    other = next(AUGMENT.variations(image(), seed=1))
    assert not np.array_equal(other, first[0])
    assert not np.array_equal(next(AUGMENT.variations(image(), seed=0, id=1)), first[0])


def test_variations_without_a_seed_are_fresh():
    assert not np.array_equal(next(AUGMENT.variations(image())), next(AUGMENT.variations(image())))


def test_params_tell_the_numbers_of_a_key():
    augment = vg.Compose(
        [vg.Rotate((-30, 30)), vg.HorizontalFlip(p=0.5), vg.Translate(x=(0, 0.5), name="shift"), vg.Invert()]
    )
    told = augment.params(key=vg.Key(3))
    assert list(told) == ["Rotate", "HorizontalFlip", "shift", "Invert"]
    assert set(told["Rotate"]) == {"applied", "angle"} and -30 <= told["Rotate"]["angle"] <= 30
    assert told["shift"]["y"] == 0 and told["Invert"] == {"applied": True}
    assert told != augment.params(key=vg.Key(4))
    json.dumps(told)


def test_params_are_what_the_call_used():
    augment = vg.Compose([vg.Rotate((-30, 30)), vg.HorizontalFlip(p=0.5), vg.Brightness((0.5, 1.5))])
    for n in range(8):
        told = augment.params(key=vg.Key(id=n))
        flip = [vg.HorizontalFlip()] if told["HorizontalFlip"]["applied"] else []
        same = vg.Compose([vg.Rotate(told["Rotate"]["angle"]), *flip, vg.Brightness(told["Brightness"]["factor"])])
        np.testing.assert_array_equal(augment(image(), key=vg.Key(id=n)), same(image()))


def test_a_fingerprint_is_the_declared_pipeline():
    same = vg.Compose(random_ops()).fingerprint
    assert same == AUGMENT.fingerprint and re.fullmatch("[0-9a-f]{32}", same)
    others = [
        vg.Compose(random_ops()[:2]),
        vg.Compose(random_ops()[::-1]),
        vg.Compose(random_ops(), interpolation="nearest"),
        vg.Compose(random_ops(), antialias=False),
        vg.Compose([vg.Rotate((-30, 30.000001)), *random_ops()[1:]]),
        vg.Compose([vg.Rotate((-30, 30), border="edge"), *random_ops()[1:]]),
        vg.Compose([vg.Compose(random_ops())]),
    ]
    assert len({same, *(each.fingerprint for each in others)}) == len(others) + 1


def test_pipelines_compare_by_what_they_declare():
    assert vg.Compose(random_ops()) == AUGMENT and hash(vg.Compose(random_ops())) == hash(AUGMENT)
    assert vg.Compose(random_ops()[:2]) != AUGMENT


# Pickles


def negative(picture, by):
    """An opaque function, found again by its name."""
    return by - picture


def warm(pixel, amount):
    """A pointwise function, found again by its name."""
    return (pixel[0] + amount, pixel[1], pixel[2] - amount)


WHOLE = vg.Compose(
    [
        *random_ops(),
        vg.OneOf([vg.Gamma(2), vg.Hue((-9, 9))], weights=(2, 1)),
        vg.Opaque(negative, by=(0.9, 1)),
        vg.RandomResizedCrop(9),
        vg.Pointwise(warm, amount=(0, 0.2)),
        vg.Normalize(layout="CHW"),
    ],
    interpolation="bicubic",
)


@pytest.mark.parametrize("used", [False, True])
def test_a_pipeline_pickles(used):
    if used:
        WHOLE(image())
    for again in (pickle.loads(pickle.dumps(WHOLE)), copy.copy(WHOLE), copy.deepcopy(WHOLE)):
        assert again == WHOLE and again.fingerprint == WHOLE.fingerprint
        np.testing.assert_array_equal(again(image(), key=vg.Key(5)), WHOLE(image(), key=vg.Key(5)))


SPAWNED = """
import pickle, sys
sys.path.insert(0, {folder!r})
augment, image, keys = pickle.load(open({given!r}, "rb"))
pickle.dump(augment.batch([image] * len(keys), keys=keys), open({wanted!r}, "wb"))
"""


def test_another_process_gives_the_same_bytes(tmp_path):
    """A new interpreter, another working folder, the user's functions found by reference."""
    module = tmp_path / "users_own.py"
    module.write_text(
        "def negative(picture, by):\n    return by - picture\n"
        "def warm(pixel, amount):\n    return (pixel[0] + amount, pixel[1], pixel[2] - amount)\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        import users_own

        augment = vg.Compose(
            [
                *random_ops(),
                vg.Opaque(users_own.negative, by=(0.9, 1)),
                vg.Resize(9),
                vg.Pointwise(users_own.warm, amount=(0, 0.2)),
            ]
        )
        keys, given, wanted = vg.Keys.at(2, 1, np.arange(6)), tmp_path / "given", tmp_path / "wanted"
        given.write_bytes(pickle.dumps((augment, image(), keys)))
        code = SPAWNED.format(folder=str(tmp_path), given=str(given), wanted=str(wanted))
        subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
        np.testing.assert_array_equal(pickle.loads(wanted.read_bytes()), augment.batch([image()] * 6, keys=keys))
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("users_own", None)


def test_a_spawned_pool_takes_a_pipeline():
    augment = vg.Compose(random_ops())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        out = pool.apply(augment, (image(),), {"key": vg.Key(7)})
    np.testing.assert_array_equal(out, augment(image(), key=vg.Key(7)))


def test_a_function_that_cannot_be_compiled_says_why():
    def bad(pixel):
        return open(pixel)

    with pytest.raises(
        vg.InputError,
        match=re.escape(
            "bad: the function cannot be compiled for 3 channels. A pixel's function takes a tuple of 3 floats, and "
            "returns such a tuple. Numba says: "
        ),
    ):
        vg.Compose([vg.Pointwise(bad)])(image())
