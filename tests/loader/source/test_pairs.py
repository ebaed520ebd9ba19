"""Files pair by name; what has no partner is named."""

from __future__ import annotations

import pytest

from variegate.errors import SourceError
from variegate.loader.source.pairs import by_stem, pairs

PICTURE, MASK = ("picture", "photos"), ("mask", "masks")


def test_names_go_without_extension_and_suffix() -> None:
    assert by_stem("r", ["a/1.x.jpg", "b.png"]) == {"a/1.x": "a/1.x.jpg", "b": "b.png"}
    assert by_stem("r", ["a_m.png", "b.png", "_m.png"], "_m") == {"a": "a_m.png", "": "_m.png"}
    with pytest.raises(SourceError, match=r"r: a\.jpg and a\.png have one name"):
        by_stem("r", ["a.jpg", "a.png"])


def test_all_pair_up_in_the_order_of_the_first() -> None:
    assert pairs({"b": "b.jpg", "a": "a.jpg"}, {"a": "a.png", "b": "b.png"}, None, PICTURE, MASK) == [
        ("b.jpg", "b.png"),
        ("a.jpg", "a.png"),
    ]


def test_a_list_chooses_and_orders() -> None:
    first, second = {"a": "1", "b": "2", "c": "3"}, {"c": "4", "a": "5", "d": "6"}
    assert pairs(first, second, ["c", "a"], PICTURE, MASK) == [("3", "4"), ("1", "5")]


@pytest.mark.parametrize(
    ("first", "second", "names", "said"),
    [
        ("abcde", "a", None, r"masks: there is no mask for b, c, d and 1 more; each picture of photos needs one"),
        ("a", "abc", None, r"photos: there is no picture for b, c; each mask of masks needs one of the same name"),
        ("ab", "b", ["a", "b"], r"masks: there is no mask for a; each name of the list needs one"),
        ("b", "ab", ["a", "b"], r"photos: there is no picture for a; each name of the list needs one"),
        ("ab", "ab", ["a", "b", "a"], "the list of samples has 'a' twice"),
        ("ab", "ab", [], "the list of samples has no names"),
    ],
)
def test_what_has_no_partner_is_named(first: str, second: str, names: list[str] | None, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        pairs(dict.fromkeys(first, "x"), dict.fromkeys(second, "y"), names, PICTURE, MASK)
