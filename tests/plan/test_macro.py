"""Macros: ops made of others, whose magnitudes are one number, whose signs are drawn, chosen with replacement."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import variegate as vg
from variegate import config, testing
from variegate.dist import Bits, Drawn
from variegate.ops.base import Op, When
from variegate.ops.combine import Chain
from variegate.ops.fields import bits, declare, drawn, extent
from variegate.ops.macro import Macro
from variegate.plan.flatten import flatten
from variegate.plan.ir import Gate

MANY = 4000


@declare
class Augments(Macro):
    """A poor man's RandAugment: n ops in the order drawn, one may come again, all as strong as one another.

    n          how many
    magnitude  how strong, from 0 to 1; one draw a sample
    """

    n: int = extent(default=2)
    magnitude: Drawn = drawn(default=0.5, least=0, most=1)

    def expand(self) -> Op:
        return Chain([vg.OneOf(self.choice()) for _ in range(self.n)])

    def choice(self) -> list[Op]:
        return [
            vg.Rotate(self.share("magnitude", lambda m: 30 * m, signed=True)),
            vg.Shear(x=self.share("magnitude", lambda m: 20 * m, signed=True)),
            vg.Brightness(self.share("magnitude", lambda m: 1 + 0.9 * m)),
            vg.Posterize(self.share("magnitude", lambda m: 8 - np.rint(4 * m))),
            vg.Solarize(self.share("magnitude", lambda m: 1 - m)),
            vg.Invert(),
        ]


def columns(ops, count=MANY):
    return vg.Compose(ops).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(count)))


def test_paths_stand_below_the_macro_and_rename_nothing_beside_it():
    flat = flatten(vg.Compose([vg.Rotate(1), Augments(name="policy"), vg.Rotate(2), Augments(1)]))
    below = ["OneOf", "Rotate", "Shear", "Brightness", "Posterize", "Solarize", "Invert"]
    assert [node.path for node in flat.ops] == [
        "Compose", "Rotate", "policy", "policy/Chain",
        *(f"policy/{kind}" for kind in below), *(f"policy/{kind}#2" for kind in below),
        "Rotate#2", "Augments", "Augments/Chain", *(f"Augments/{kind}" for kind in below),
    ]  # fmt: skip
    assert [node.path for node in flat.nodes][:3] == ["Rotate", "policy/Rotate", "policy/Shear"]
    assert set(flat.macros.values()) == {"policy", "Augments"} and flat.macros["policy/Rotate#2"] == "policy"


def test_a_macro_within_a_macro():
    @declare
    class Outer(Macro):
        magnitude: Drawn = drawn(default=(0, 1))

        def expand(self):
            return vg.OneOf([Augments(1, self.share("magnitude"), name="inner"), vg.Rotate(3)])

    found = columns([Outer()])
    assert {"Outer/inner", "Outer/inner/Rotate", "Outer/Rotate"} <= found.keys()
    strong = found["Outer"]["magnitude"]
    assert np.array_equal(found["Outer/inner"]["magnitude"], strong) and strong.std() > 0.2
    assert np.array_equal(np.abs(found["Outer/inner/Rotate"]["angle"]), 30 * strong)
    testing.assert_draws_are_keyed([Outer()])


def test_p_of_a_macro_and_its_slots_gate_its_ops():
    gates = {node.path: node.gates for node in flatten(vg.Compose([Augments(p=0.3)])).nodes}
    assert gates["Augments/Rotate#2"] == (Gate("Augments", "p", 0, 0.3), Gate("Augments/OneOf#2", "choice", 0, 1 / 6))


def test_fields_share_one_number():
    found = columns([Augments(magnitude=(0, 1))])
    m = found["Augments"]["magnitude"]
    assert 0 <= m.min() < 0.01 and 0.99 < m.max() < 1
    for n in ("", "#2"):
        assert np.array_equal(np.abs(found[f"Augments/Rotate{n}"]["angle"]), 30 * m)
        assert np.array_equal(found[f"Augments/Brightness{n}"]["factor"], 1 + 0.9 * m)
        assert np.array_equal(found[f"Augments/Posterize{n}"]["bits"], 8 - np.rint(4 * m))
        assert np.array_equal(found[f"Augments/Solarize{n}"]["threshold"], 1 - m)


def test_a_shared_number_stays_within_what_was_checked():
    @declare
    class Bent(Macro):
        magnitude: Drawn = drawn(default=(0, 1))

        def expand(self):
            return vg.Brightness(self.share("magnitude", lambda m: 1 - 4 * m * (1 - m) * 3))  # neither rises nor falls

    assert (columns([Bent()])["Bent/Brightness"]["factor"] == 1).all()


def test_signs_are_drawn_apart_and_evenly():
    found = columns([Augments(magnitude=0.5)])
    fields = [("Rotate", "angle"), ("Shear", "x"), ("Rotate#2", "angle"), ("Shear#2", "x")]
    signs = np.stack([found[f"Augments/{path}"][item] > 0 for path, item in fields])
    assert np.abs(signs.mean(axis=1) - 0.5).max() < 5 * 0.5 / np.sqrt(MANY)
    together = np.corrcoef(signs) - np.eye(len(signs))
    assert np.abs(together).max() < 5 / np.sqrt(MANY)


def test_a_sign_may_turn_a_number_about_another():
    @declare
    class Turned(Macro):
        magnitude: Drawn = drawn(default=(0, 1))

        def expand(self):
            factor = self.share("magnitude", lambda m: 1 + 0.9 * m, signed=True, about=1)
            assert np.allclose(factor.bounds(), (0.1, 1.9)) and "signed about 1" in repr(factor)
            return Chain([vg.Brightness(factor), vg.Contrast(factor)])

    found = columns([Turned()])
    m = found["Turned"]["magnitude"]
    for path in ("Turned/Brightness", "Turned/Contrast"):
        factor = found[path]["factor"]
        assert np.allclose(np.abs(factor - 1), 0.9 * m) and factor.min() < 0.2 and factor.max() > 1.8
        assert abs((factor > 1).mean() - 0.5) < 5 * 0.5 / np.sqrt(MANY)


def test_ops_are_chosen_in_drawn_order_and_may_come_again():
    found = columns([Augments()])
    first, second = (np.floor(found[f"Augments/OneOf{n}"]["choice"] * 6).astype(int) for n in ("", "#2"))
    pairs = np.bincount(first * 6 + second, minlength=36) / MANY
    assert np.abs(pairs - 1 / 36).max() < 5 * np.sqrt(1 / 36 / MANY)


def test_how_many_may_be_drawn_by_slots_that_hang_on_it():
    @declare
    class First(vg.SomeOf):
        """The first n of its ops."""

        def children(self):
            return [(op, When("n", k + 1, np.inf)) for k, op in enumerate(self.ops)]

    augment = vg.Compose([First([vg.Invert(), vg.Grayscale()], n=(0, 2))])
    counts = [tuple(each["applied"] for each in augment.params(vg.Key(id=i)).values()) for i in range(40)]
    assert set(counts) == {(False, False), (True, False), (True, True)}


@pytest.mark.parametrize("ops", [[Augments(magnitude=(0, 1), n=3)], [Augments(p=0.5), vg.RandomCrop(24), Augments()]])
def test_it_passes_the_kit(ops):
    testing.assert_lowering_is_sound(ops)
    testing.assert_draws_are_keyed(ops)
    testing.assert_fused_equals_reference(ops, tries=6)


def test_labels_follow():
    testing.assert_points_move_as_pixels([Augments(magnitude=(0, 1))], tries=6)
    testing.assert_targets_stay_in_step([Augments(magnitude=0.4)], tries=4, picture=False)


def test_a_batch_is_its_samples_one_by_one():
    augment = vg.Compose([Augments(3, (0, 1))])
    images = np.random.default_rng(1).integers(0, 256, (9, 30, 40, 3), np.uint8)
    keys = [vg.Key(3, id=i) for i in range(9)]
    batch = augment.batch(images, keys=keys)
    for image, key, made in zip(images, keys, batch, strict=True):
        assert np.array_equal(augment(image, key=key), made)
    assert len({made.tobytes() for made in batch}) == 9


def test_a_record_holds_the_numbers_and_replays():
    augment = vg.Compose([Augments(3, (0, 1)), vg.Rotate((-9, 9))])
    image = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    for i in range(12):
        made, record = augment(image, key=vg.Key(3, id=i), return_params=True)
        record = json.loads(json.dumps(record))
        draws = record["draws"]
        magnitude = float.fromhex(draws["Augments"]["magnitude"])
        assert abs(float.fromhex(draws["Augments/Rotate#2"]["angle"])) == 30 * magnitude
        assert np.array_equal(augment.replay(record, image), made)
        assert np.array_equal(pickle.loads(pickle.dumps(augment)).replay(record, image), made)
        assert np.array_equal(augment.inverse(record)(mask=np.zeros(made.shape[:2], np.uint8))["mask"].shape, (30, 40))


def test_a_record_is_what_is_run_and_not_what_led_to_it():
    augment = vg.Compose([Augments(1, 1)])
    image = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    made = {}
    for i in range(30):
        _, record = augment(image, key=vg.Key(3, id=i), return_params=True)
        if augment.params(vg.Key(3, id=i))["Augments/Rotate"]["applied"]:
            record["draws"]["Augments/Rotate"]["angle"] = (7.5).hex()
            made[augment.replay(record, image).tobytes()] = True
    assert made.keys() == {vg.Compose([vg.Rotate(7.5)])(image).tobytes()}


def test_a_file_holds_the_macro_and_not_what_it_stands_for(tmp_path):
    pipeline = vg.Compose([Augments(3, (0.2, 1), p=0.5, name="policy"), vg.Resize(8)])
    plain = config.dump(pipeline, ops=[Augments])
    assert plain["ops"][0] == {"Augments": {"n": 3, "magnitude": [0.2, 1], "p": 0.5, "name": "policy"}}
    for suffix in ("yaml", "json"):
        config.save(pipeline, tmp_path / f"it.{suffix}", ops=[Augments])
        again = config.load(tmp_path / f"it.{suffix}", vg.Compose, ops=[Augments])
        assert again == pipeline and again.fingerprint == pipeline.fingerprint
        assert again.params(vg.Key(5)) == pipeline.params(vg.Key(5))
    made = config.schema(vg.Compose, ops=[Augments])["$defs"]
    assert made["Augments"]["properties"]["magnitude"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 1}
    assert "Shared" not in made["distribution"]["anyOf"][0]["properties"]


def test_what_it_prints_is_the_same_in_every_run():
    text = vg.Compose([Augments(1, (0.5, 1))]).explain()
    assert "Rotate(angle=Shared(magnitude: 15 to 30, signed))" in text
    assert "Brightness(factor=Shared(magnitude: 1.45 to 1.9))" in text and "0x" not in text


class Unsaid(Macro):
    """Says not for what it stands."""


def sized(op, **fields):
    return declare(type("Sized", (Macro,), {"__doc__": "A size.", "expand": lambda self: op}))(**fields)


def test_a_macro_answers_for_the_size_of_what_it_stands_for():
    flatten(vg.Compose([vg.Pad(3, p=0.5), sized(Chain([vg.Pad(1, p=0.5), vg.Resize(8)]))]))
    for ops in ([sized(vg.Resize(8), p=0.5)], [sized(vg.OneOf([vg.Pad(1), vg.Invert()]))], [sized(vg.Pad(1, p=0.5))]):
        with pytest.raises(vg.PipelineError, match=r"^Sized changes the size of some pictures and not of others"):
            flatten(vg.Compose(ops))
        flatten(vg.Compose([*ops, vg.Resize(8)]))
    flatten(vg.Compose([sized(vg.Pad(1))]))


def test_what_belongs_on_the_outermost_compose_is_found_within_a_macro():
    with pytest.raises(vg.FieldError, match="white is declared once, on the outermost Compose"):
        vg.Compose([sized(vg.Compose([vg.Invert()], white=3.0))])
    with pytest.raises(vg.FieldError, match="Sized must know what white is"):
        vg.Compose([sized(Chain([vg.Invert()]))], white=None)


def test_what_cannot_be_shared():
    op = Augments(name="mine")
    with pytest.raises(vg.FieldError, match=r"^mine shares strength, but draws magnitude$"):
        op.share("strength")
    with pytest.raises(vg.FieldError, match=r"^Rotate\.p is a probability"):
        vg.Rotate(1, p=op.share("magnitude"))
    with pytest.raises(vg.FieldError, match=r"^Scale\.factor must be above 0, got Shared\(magnitude: -1 to -1\)$"):
        vg.Scale(op.share("magnitude", lambda m: -2 * m))
    with pytest.raises(vg.PipelineError, match=r"^Rotate\.angle reads the magnitude of a macro, and stands in none"):
        vg.Compose([vg.Rotate(op.share("magnitude"))]).params(vg.Key())
    with pytest.raises(TypeError, match=r"^Unsaid has no expand\(\)"):
        flatten(vg.Compose([Unsaid()]))


def test_a_ramp_is_shared_and_a_share_is_no_end_of_a_ramp():
    op = Augments(1, vg.Ramp(0, (0.5, 1), 10), p=vg.Ramp(0, 1, 10))
    augment = vg.Compose([op])
    for epoch in (0, 5, 10):
        drawn = augment.params(vg.Key(epoch=epoch, id=3))
        low, high = 30 * epoch / 20, 30 * epoch / 10
        assert low <= abs(drawn["Augments/Rotate"]["angle"]) <= high
        assert epoch or not any(each["applied"] for each in drawn.values())
    with pytest.raises(vg.FieldError, match=r"^Ramp\.end is a number, .*; got Shared\(magnitude: 0 to 1\)$"):
        vg.Ramp(0, op.share("magnitude"), 3)


def test_bits_are_no_number_to_share():
    @declare
    class Noisy(Macro):
        noise: Bits = bits()

    with pytest.raises(vg.FieldError, match=r"^Noisy shares noise, but draws no number$"):
        Noisy().share("noise")


def test_a_field_of_several_draws_reads_one_number():
    @declare
    class Near(Macro):
        most: Drawn = drawn(default=(0, 0.4))

        def expand(self):
            return vg.RandomResizedCrop(8, scale=self.share("most", lambda m: m + 0.1))

    found = columns([Near()], 5)
    one = found["Near"]["most"] + 0.1
    assert np.array_equal(found["Near/RandomResizedCrop"]["scale"], np.broadcast_to(one, (10, 5)))
    assert vg.Compose([Near()])(np.zeros((20, 20, 3), np.uint8)).shape == (8, 8, 3)
