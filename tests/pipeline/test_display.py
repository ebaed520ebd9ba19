"""Pipelines in notebooks: HTML that is whole, says what the text says, and holds nothing that an op's name brings."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from tests.catalogue import EXAMPLES

import variegate as vg


class Whole(HTMLParser):
    """HTML whose tags close in the order in which they opened; its text, its tags and its code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.code: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + " "
        if self.open[-1:] == ["code"]:
            self.code[-1] += data


PLAIN = {"div", "ul", "li", "strong", "code", "details", "summary"}


def words(text: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in text).split()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("size", [None, (30, 40)])
def test_what_is_shown_is_what_the_text_says(name: str, size: tuple[int, int] | None) -> None:
    told = vg.Compose([vg.Rotate((-30, 30)), EXAMPLES[name]]).explain(size)
    shown = Whole(told._repr_html_())  # type: ignore[attr-defined]
    assert shown.tags <= PLAIN
    assert sorted(words(shown.text)) == sorted(words(told))


def test_a_pipeline_shows_what_fused_and_where_it_cuts() -> None:
    augment = vg.Compose([vg.Rotate((-30, 30)), vg.Scale(2), vg.GaussianBlur(1), vg.HorizontalFlip(p=0.5)])
    shown = Whole(augment._repr_html_())
    assert shown.code == ["Rotate(angle=Uniform(-30, 30))", "Scale(factor=Constant(2))", "HorizontalFlip(p=0.5)"]
    assert "stage 3" in shown.text and "Scale | GaussianBlur: GaussianBlur looks at the pixels around" in shown.text


def test_a_reason_stands_between_the_two_that_it_parts() -> None:
    shown = Whole(vg.Compose([vg.Rotate(9), vg.GaussianBlur(1), vg.CLAHE()])._repr_html_())
    order = [
        shown.text.index(part) for part in ("stage 1", "Rotate | Gauss", "stage 2", "GaussianBlur | CLAHE", "stage 3")
    ]
    assert order == sorted(order)


def test_a_bar_is_as_long_as_the_share_of_time() -> None:
    told = vg.Compose([vg.Rotate(9), vg.GaussianBlur(1), vg.Resize(9)]).explain((60, 80), timed=True)
    shares = re.findall(r"us, (\d+)% of", told)
    assert len(shares) == 3 and sum(map(int, shares)) == pytest.approx(100, abs=2)
    assert re.findall(r"width:(\d+)%", told._repr_html_()) == shares  # type: ignore[attr-defined]


def test_names_are_text() -> None:
    def evil(image: np.ndarray) -> np.ndarray:
        return image

    evil.__name__ = "<script>alert(1)</script>&"
    shown = vg.Compose([vg.Opaque(evil), vg.Rotate(3, name="<b>")])._repr_html_()
    assert "<script" not in shown and "<b>" not in shown and "&lt;b&gt;" in shown
    Whole(shown)


def test_a_pipeline_that_cannot_be_says_why() -> None:
    shown = Whole(vg.Compose([vg.Normalize(), vg.Rotate(3)])._repr_html_())
    assert "Rotate comes after Normalize" in shown.text and "Compose(ops=" in shown.text


def test_an_explanation_is_a_text() -> None:
    told = vg.Compose([]).explain()
    assert isinstance(told, str) and told == str(told) and told.startswith("plan")
    for other in (pickle.loads(pickle.dumps(told)), copy.deepcopy(told)):
        assert other == told and other._repr_html_() == told._repr_html_()  # type: ignore[attr-defined]
