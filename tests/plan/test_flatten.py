"""The declared tree as a row of nodes: paths, gates, and what cannot be declared."""

from __future__ import annotations

import re

import pytest

import variegate as vg
from variegate.plan.flatten import flatten
from variegate.plan.ir import Gate


def paths(*ops):
    return [node.path for node in flatten(vg.Compose(list(ops))).nodes]


def gates(*ops):
    return {node.path: node.gates for node in flatten(vg.Compose(list(ops))).nodes}


def test_a_path_is_the_name_or_the_class_and_its_occurrence():
    assert paths(vg.Rotate(1), vg.Scale(1), vg.Rotate(2), vg.Rotate(3)) == ["Rotate", "Scale", "Rotate#2", "Rotate#3"]
    assert paths(vg.Rotate(1, name="tilt"), vg.Rotate(2)) == ["tilt", "Rotate"]


def test_a_combinator_around_ops_changes_no_path():
    plain = paths(vg.Rotate(1), vg.Rotate(2), vg.Rotate(3))
    assert paths(vg.RandomApply([vg.Rotate(1), vg.Rotate(2)]), vg.Rotate(3)) == plain
    assert paths(vg.OneOf([vg.Rotate(1), vg.Compose([vg.Rotate(2)])]), vg.SomeOf([vg.Rotate(3)])) == plain


def test_combinators_have_paths_of_their_own():
    flat = flatten(vg.Compose([vg.OneOf([vg.Invert(), vg.OneOf([vg.Grayscale()])]), vg.Compose([vg.Rotate(1)])]))
    assert [node.path for node in flat.ops] == [
        "Compose", "OneOf", "Invert", "OneOf#2", "Grayscale", "Compose#2", "Rotate",
    ]  # fmt: skip


def test_two_equal_names_are_refused():
    message = (
        "two ops go by the name 'tilt': Rotate(name='tilt', angle=Constant(1)) and Rotate(name='tilt', "
        "angle=Constant(2)). Their numbers are drawn by name, so give one of them another name=."
    )
    with pytest.raises(vg.PipelineError, match=re.escape(message)):
        paths(vg.Rotate(1, name="tilt"), vg.Rotate(2, name="tilt"))
    with pytest.raises(vg.PipelineError, match=r"two ops go by the name 'Rotate#2'"):
        paths(vg.Rotate(1, name="Rotate#2"), vg.Rotate(2), vg.Rotate(3))


def test_gates_say_on_what_an_op_depends():
    assert gates(vg.Rotate(1)) == {"Rotate": ()}
    assert gates(vg.Rotate(1, p=0.25)) == {"Rotate": (Gate("Rotate", "p", 0, 0.25),)}
    assert gates(vg.RandomApply([vg.Rotate(1, p=0.5), vg.Invert()], p=0.3)) == {
        "Rotate": (Gate("RandomApply", "p", 0, 0.3), Gate("Rotate", "p", 0, 0.5)),
        "Invert": (Gate("RandomApply", "p", 0, 0.3),),
    }
    assert gates(vg.OneOf([vg.Rotate(1), vg.Compose([vg.Invert(), vg.Grayscale()])], weights=(3, 1))) == {
        "Rotate": (Gate("OneOf", "choice", 0, 0.75),),
        "Invert": (Gate("OneOf", "choice", 0.75, 1),),
        "Grayscale": (Gate("OneOf", "choice", 0.75, 1),),
    }
    assert gates(vg.SomeOf([vg.Rotate(1), vg.Invert()], n=1, p=0.5)) == {
        "Rotate": (Gate("SomeOf", "p", 0, 0.5), Gate("SomeOf", "order", 0, 0, "n")),
        "Invert": (Gate("SomeOf", "p", 0, 0.5), Gate("SomeOf", "order", 1, 1, "n")),
    }


RAGGED = (
    "{} changes the size of some pictures and not of others, so a batch would be ragged. Put Resize, CenterCrop or "
    "another op of a fixed size after it, or let it apply always (p=1)."
)


@pytest.mark.parametrize(
    ("ops", "culprit"),
    [
        ([vg.Pad(3, p=0.5)], "Pad"),
        ([vg.Resize(8, p=0.5), vg.Rotate(1)], "Resize"),
        ([vg.Resize(8), vg.Pad(2, p=0.5, name="frame")], "frame"),
        ([vg.RandomApply([vg.Pad(3)], p=0.5)], "Pad"),
        ([vg.OneOf([vg.Pad(3), vg.Rotate(1)])], "Pad"),
        ([vg.SomeOf([vg.Resize(8), vg.Rotate(1)])], "Resize"),
        ([vg.Compose([vg.Pad(3, p=0.5)])], "Pad"),
        ([vg.Pad(3, p=0.5), vg.Resize(8, p=0.5)], "Resize"),
        ([vg.Compose([vg.Resize(8), vg.OneOf([vg.Pad(3), vg.Rotate(1)])])], "Pad"),
    ],
)
def test_a_size_left_to_chance_is_refused(ops, culprit):
    with pytest.raises(vg.PipelineError, match=re.escape(RAGGED.format(culprit))):
        flatten(vg.Compose(ops))


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Pad(3)],
        [vg.Pad(3, p=0.5), vg.Resize(8)],
        [vg.Pad(3, p=0.5), vg.Resize(8), vg.Rotate(1, p=0.5)],
        [vg.RandomApply([vg.Pad(3)], p=0.5), vg.CenterCrop(4)],
        [vg.OneOf([vg.Pad(3), vg.Rotate(1)]), vg.Compose([vg.Resize(8)])],
        [vg.RandomApply([vg.Pad(3), vg.Resize(8)], p=0.5), vg.Resize(9)],
        [vg.OneOf([vg.Resize(8), vg.RandomResizedCrop(8)])],
        [vg.RandomResizedCrop(p=0.5)],
    ],
)
def test_a_size_that_is_settled_is_fine(ops):
    assert flatten(vg.Compose(ops)).nodes
