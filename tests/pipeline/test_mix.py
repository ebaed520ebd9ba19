"""A sample mixed with its partners is the blend of what each is by itself, under its own key."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import variegate as vg
from variegate import config
from variegate.errors import FieldError
from variegate.kernels.blend import blend
from variegate.key import Keys

RNG = np.random.default_rng(0)
PICTURES = [RNG.integers(0, 256, (20 + n, 30 - n, 3), np.uint8) for n in range(4)]
BEFORE = [vg.Rotate((-30, 30)), vg.RandomResizedCrop(16), vg.HorizontalFlip(p=0.5)]
KEYS = [vg.Key(seed=1, epoch=2, id=n + 10) for n in range(4)]
LABELLED = vg.Targets(label=vg.Classes(4), boxes=vg.Boxes(), names=vg.PerInstance())


def fields(n):
    return {"image": PICTURES[n], "label": n, "boxes": [(2, 2, 15, 15)], "names": [f"of {n}"]}


def row_of(augment, key, size=(16, 16), level=0):
    plan = augment.plan(Keys.of([key]), [size], mixes=True)
    return plan.blend(0, level)


@pytest.mark.parametrize(
    "last", [[], [vg.Normalize()], [vg.Normalize(layout="CHW")], [vg.ToDtype("float16")]], ids=repr
)
@pytest.mark.parametrize("op", [vg.MixUp(1.0), vg.CutMix()], ids=repr)
def test_it_is_the_blend_of_two_results(op, last):
    augment = vg.Compose([*BEFORE, op, *last])
    plain = augment.without()
    assert plain == vg.Compose([*BEFORE, *last])
    for key in KEYS:
        partner_key = vg.Key(seed=5, id=3)
        partner = {"image": PICTURES[1], "key": partner_key}
        made = augment(PICTURES[0], key=key, partners=[partner])
        own, other = plain(PICTURES[0], key=key), plain(PICTURES[1], key=partner_key)
        row, out = row_of(augment, key), np.empty_like(own)
        blend(own, other, row.share, row.box, out, "CHW" if own.shape[0] == 3 else "HWC")
        assert made.dtype == own.dtype and np.array_equal(made, out)


def test_a_partner_without_a_key_has_that_of_the_next_id():
    augment = vg.Compose([*BEFORE, vg.MixUp(1.0)])
    following = vg.Key(seed=1, epoch=2, id=11)
    one = augment(PICTURES[0], key=KEYS[0], partners=[PICTURES[1]])
    assert np.array_equal(one, augment(PICTURES[0], key=KEYS[0], partners=[{"image": PICTURES[1], "key": following}]))
    last = vg.Key(id=2**64 - 1)
    again = {"image": PICTURES[1], "key": vg.Key(id=0)}
    assert np.array_equal(
        augment(PICTURES[0], key=last, partners=[PICTURES[1]]), augment(PICTURES[0], key=last, partners=[again])
    )


def test_two_levels_are_the_blend_of_blends():
    augment = vg.Compose([*BEFORE, vg.MixUp(1.0), vg.CutMix()])
    inner = vg.Compose([*BEFORE, vg.MixUp(1.0)])

    def keyed(n):
        return {"image": PICTURES[n], "key": KEYS[n]}

    for first in range(4):
        order = [first, *(n for n in range(4) if n != first)]
        row = row_of(augment, KEYS[first], level=1)
        made = augment(PICTURES[first], key=KEYS[first], partners=[keyed(n) for n in order[1:]])

        def value(n, order=order):
            return inner(PICTURES[n], key=KEYS[n], partners=[keyed(m) for m in order if m != n])

        if row.weight == 1:
            assert np.array_equal(made, value(first))
            continue
        other = order[1:][int(row.partner * 3)]
        out = np.empty_like(made)
        blend(value(first), value(other), row.share, row.box, out)
        assert np.array_equal(made, out)


def test_classes_share_as_the_pixels_truly_do():
    black, white = np.zeros((16, 16, 3), np.float32), np.ones((16, 16, 3), np.float32)
    for op in (vg.CutMix(), vg.MixUp(1.0), vg.OneOf([vg.MixUp(1.0), vg.CutMix()])):
        augment = vg.Compose([op], targets={"label": vg.Classes(2)})
        seen = set()
        for n in range(40):
            made = augment(image=black, label=0, key=n, partners=[{"image": white, "label": 1}])
            np.testing.assert_allclose(made["label"], [1 - made["image"].mean(), made["image"].mean()], atol=1e-5)
            seen.add(round(float(made["label"][1]), 3))
        assert len(seen) > 20


def test_records_hold_the_partners_and_replay_needs_them():
    augment = vg.Compose([*BEFORE, vg.OneOf([vg.MixUp(1.0), vg.CutMix()])], targets=LABELLED)
    partners = [fields(1), fields(2)]
    for key in KEYS:
        made, record = augment(**fields(0), key=key, partners=partners, return_params=True)
        assert len(record["partners"]) == 2
        again = augment.replay(record, **fields(0), partners=partners)
        assert np.array_equal(made["image"], again["image"]) and np.array_equal(made["label"], again["label"])
        assert made["names"] == again["names"] and np.array_equal(made["boxes"], again["boxes"])
    with pytest.raises(vg.InputError, match=r"^the record is of a sample with 2 partners, got 1$"):
        augment.replay(record, **fields(0), partners=partners[:1])
    with pytest.raises(vg.InputError, match=r"^MixUp, CutMix mixes samples, and there is no other here\. "):
        augment.replay(record, **fields(0))


def test_fields_go_together_and_those_of_the_sample_come_back():
    augment = vg.Compose([vg.Resize((16, 16)), vg.MixUp(1.0)], targets=LABELLED)
    made = augment(**fields(0), key=1, partners=[fields(1)])
    assert list(made) == ["image", "label", "boxes", "names"]
    assert made["names"] == ["of 0", "of 1"] and made["label"].sum() == pytest.approx(1)
    assert len(made["boxes"]) == 2


def test_grey_pictures_stay_flat():
    augment = vg.Compose([vg.MixUp(1.0)])
    made = augment(PICTURES[0][..., 0], key=1, partners=[PICTURES[0][::-1, :, 1]])
    assert made.shape == PICTURES[0].shape[:2]


def test_without_leaves_ops_out_wherever_they_stand():
    augment = vg.Compose(
        [
            vg.Rotate((-9, 9)),
            vg.OneOf([vg.MixUp(1.0), vg.Invert(), vg.CutMix()], weights=[1, 2, 3], p=0.5),
            vg.RandomApply([vg.CutMix()], p=0.5),
        ]
    )
    assert augment.without() == vg.Compose([vg.Rotate((-9, 9)), vg.OneOf([vg.Invert()], weights=[2], p=0.5)])
    assert augment.without(vg.MixUp) == vg.Compose(
        [
            vg.Rotate((-9, 9)),
            vg.OneOf([vg.Invert(), vg.CutMix()], weights=[2, 3], p=0.5),
            vg.RandomApply([vg.CutMix()], p=0.5),
        ]
    )
    assert augment.without(vg.Rotate, vg.OneOf, vg.RandomApply) == vg.Compose([])
    plain = vg.Compose([vg.Rotate((-9, 9))])
    assert plain.without() == plain
    with pytest.raises(FieldError, match=r"^without takes classes of ops, as augment.without\(MixUp\), got 'MixUp'$"):
        augment.without("MixUp")


def test_without_keeps_targets_options_and_what_others_draw():
    augment = vg.Compose([*BEFORE, vg.MixUp(1.0, p=0)], targets=LABELLED, interpolation="bicubic")
    plain = augment.without()
    assert plain.targets == augment.targets and plain.interpolation == "bicubic"
    for n, key in enumerate(KEYS):
        given, partners = fields(n), [fields(3 - n)]
        assert np.array_equal(plain(**given, key=key)["image"], augment(**given, key=key, partners=partners)["image"])


def test_pipelines_that_mix_are_pickled_written_and_read():
    augment = vg.Compose([*BEFORE, vg.OneOf([vg.MixUp(0.3), vg.CutMix(partners="source")], p=vg.Ramp(1, 0, 9))])
    for again in (pickle.loads(pickle.dumps(augment)), config.load(config.dump(augment), vg.Compose)):
        assert again == augment and again.fingerprint == augment.fingerprint
    assert augment.fingerprint != augment.without().fingerprint


def test_explain_says_what_is_mixed():
    told = str(vg.Compose([*BEFORE, vg.OneOf([vg.MixUp(1.0), vg.CutMix()], p=0.3)]).explain((20, 30)))
    (line,) = [line for line in told.splitlines() if line.startswith("mix ")]
    assert "MixUp(" in line and "CutMix(" in line and line.endswith("of the result and a partner's")


@pytest.mark.parametrize("per", ["sample", "pair", "batch"])
def test_a_sample_and_its_partners_are_the_batch_of_a_call(per):
    """The sample is its first; so of a call with the others it is what `augment.batch` makes of it, and so replayed."""
    blends = [vg.MixUp(1.0, partners="flip", per=per), vg.CutMix(partners="flip", per=per)]
    augment = vg.Compose([*BEFORE, vg.OneOf(blends), vg.MixUp(0.5, partners="random")], targets=LABELLED)
    columns = {name: [fields(n)[name] for n in range(4)] for name in fields(0)}
    whole = augment.batch(**columns, keys=KEYS)
    partners = [{**fields(n), "key": KEYS[n]} for n in (1, 2, 3)]
    made, record = augment(**fields(0), key=KEYS[0], partners=partners, return_params=True)
    again = augment.replay(record, **fields(0), partners=partners)
    for result in (made, again):
        assert np.array_equal(result["image"], whole["image"][0]) and np.array_equal(result["boxes"], whole["boxes"][0])
        np.testing.assert_allclose(result["label"], whole["label"][0], atol=1e-7)
        assert result["names"] == whole["names"][0]


def test_a_batch_is_refused_where_an_op_takes_partners_from_elsewhere():
    augment = vg.Compose([vg.Mosaic(16), vg.MixUp(partners="roll")])
    with pytest.raises(vg.InputError, match=r"^Mosaic, MixUp mixes samples, and there is no other here\. A vg\.Loader"):
        augment.batch([PICTURES[0]] * 2)
    within = vg.Compose([vg.MixUp(partners="roll")])
    with pytest.raises(vg.InputError, match=r"; augment\.batch mixes a batch; a single call takes partners=\["):
        within(PICTURES[0], key=1)
    with pytest.raises(vg.InputError, match=r"^MixUp mixes pictures of one size") as problem:
        within.batch([PICTURES[0], PICTURES[1]])
    assert problem.value.__notes__ == ["variegate: this was in making sample 0 of the batch"]
    assert within.batch([]) == [] and np.array_equal(within.batch(PICTURES[:1])[0], PICTURES[0])
    assert within.batch(np.zeros((0, 4, 5, 3), np.uint8)).shape == (0, 4, 5, 3)


def test_what_a_batch_shares_is_said_of_partners_that_are_in_it():
    for options, said in (
        ({"per": "batch"}, r'MixUp\.per="batch" is of partners within the batch: write partners="roll", '),
        (
            {"per": "pair", "partners": "roll"},
            r'MixUp\.per="pair" is of partners that have each other, .*got partners=\'r',
        ),
        ({"per": "elem", "partners": "flip"}, r"MixUp\.per is one of 'sample', 'pair', 'batch'; got 'elem'"),
    ):
        with pytest.raises(FieldError, match=rf"^{said}"):
            vg.MixUp(**options)
    with pytest.raises(FieldError, match=r"^Mosaic\.partners is one of 'block', 'source', 'class', 'other class'; got"):
        vg.Mosaic(16, partners="roll")


def test_a_record_of_a_mosaic_without_its_partners_has_no_way_back():
    augment = vg.Compose([vg.Mosaic(16)])
    _, record = augment(PICTURES[0], key=1, partners=PICTURES[1:], return_params=True)
    del record["partners"]
    with pytest.raises(vg.InputError, match=r"^the record is of a Mosaic and holds none of its partners: "):
        augment.inverse(record)


MISFITS = [
    (lambda a: a(PICTURES[0], key=1), r"MixUp mixes samples, and there is no other here\. A vg\.Loader draws partners"),
    (
        lambda a: a.batch(PICTURES[:2]),
        r"MixUp mixes samples, and there is no other here\. A vg\.Loader draws partners by itself; a single",
    ),
    (lambda a: a(PICTURES[0], key=1, partners=[]), r"partners= is a list of one other sample or more, each a picture"),
    (lambda a: a(PICTURES[0], key=1, partners=3), r"partners= is a list of one other sample or more, .*; got 3$"),
    (lambda a: a(PICTURES[0], key=1, partners=[3]), r"partners\[0\] is a picture, or a dict of a sample's fields, got"),
    (
        lambda a: a(PICTURES[0], key=1, partners=[PICTURES[1]]),
        r"MixUp mixes pictures of one size, and the partner is uint8 \(21, 29, 3\), the picture uint8 \(20, 30, 3\)\. "
        "Put RandomResizedCrop, Resize or Letterbox before it",
    ),
    (
        lambda a: a(PICTURES[0], key=1, partners=[PICTURES[0][..., :1]]),
        r"MixUp mixes pictures of one size, and the partner is uint8 \(20, 30, 1\), the picture uint8 \(20, 30, 3\)",
    ),
    (
        lambda a: a(PICTURES[0], key=1, partners=[PICTURES[0] / np.float32(255)]),
        r"MixUp mixes pictures of one size, and the partner is float32 \(20, 30, 3\), the picture uint8",
    ),
    (lambda a: a(image=PICTURES[0], label=1, key=1, partners=[PICTURES[0]]), r"MixUp: the picture has the fields "),
    (
        lambda a: a(image=PICTURES[0], label=1, key=1, partners=[{"image": PICTURES[0], "label": 2}]),
        "MixUp mixes pictures, and nobody said what label is: declare it, as by",
    ),
    (
        lambda a: vg.TTA(a, n=2),
        r"TTA knows no other sample, and MixUp mixes samples\. Leave out what mixes: augment\.wi",
    ),
]


@pytest.mark.parametrize(("call", "message"), MISFITS, ids=[message[:40] for _, message in MISFITS])
def test_what_cannot_be_mixed_is_refused_by_name(call, message):
    with pytest.raises(vg.VariegateError, match=f"^{message}"):
        call(vg.Compose([vg.MixUp(1.0)]))


def test_a_bad_field_of_a_partner_is_told_with_its_number():
    augment = vg.Compose([vg.Resize((8, 8)), vg.MixUp(1.0)], targets={"label": vg.Classes(3)})
    with pytest.raises(vg.InputError, match=r"^partner 1: label is of classes 0 to 2, as Classes\(3\) says; got 7$"):
        partners = [{"image": PICTURES[1], "label": 1}, {"image": PICTURES[2], "label": 7}]
        augment(image=PICTURES[0], label=0, key=1, partners=partners)


@pytest.mark.parametrize("kind", [vg.MixUp, vg.CutMix])
@pytest.mark.parametrize("alpha", [0, -1, float("nan"), 101, "much", None, (0.1, 0.4)])
def test_alpha_is_a_number_above_0(kind, alpha):
    with pytest.raises(FieldError, match=rf"^{kind.__name__}\.alpha "):
        kind(alpha)
    with pytest.raises(FieldError, match=rf"^{kind.__name__}\.partners "):
        kind(partners="batch")
