"""PolicyText: every key of timm's texts, and an error that shows where."""

from __future__ import annotations

import math

import pytest

from variegate.errors import FieldError
from variegate.ops.timm_text import KINDS, SHOWN, read

PLAIN = {"m": 10.0, "n": 2, "p": 0.5, "mstd": 0.0, "mmax": 10.0, "inc": "0", "t": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rand", {}),
        ("rand-m9-mstd0.5-inc1", {"m": 9, "mstd": 0.5, "inc": "1"}),
        ("rand-inc0-mstd.5-m9", {"mstd": 0.5, "m": 9}),
        ("rand-n4-m7-mmax20-p1-tweights", {"n": 4, "m": 7, "mmax": 20, "p": 1, "t": "weights"}),
        ("rand-t3aw", {"t": "3aw"}),
        ("rand-mstd100", {"mstd": 100}),
        ("rand-mstd101", {"mstd": math.inf}),
        ("rand-mstdinf", {"mstd": math.inf}),
    ],
)
def test_rand(text, said):
    assert read(text, "it") == ("rand", PLAIN | said)


@pytest.mark.parametrize("kind", ["original", "originalr", "v0", "v0r", "3a"])
def test_policies_that_were_found(kind):
    assert read(kind, "it") == (kind, {"mstd": 0.0})
    assert read(f"{kind}-mstd0.5", "it") == (kind, {"mstd": 0.5})


@pytest.mark.parametrize(
    ("text", "told", "column", "part"),
    [
        ("ran-m9", "a policy begins with rand, ", 0, "ran"),
        ("", "a policy begins with rand, ", 0, ""),
        ("RAND-m9", "; did you mean rand?", 0, "RAND"),
        (" rand-m9", "; did you mean rand?", 0, " rand"),
        ("trivial", "v0r or 3a; TrivialAugmentWide() is an op of its own;", 0, "trivial"),
        ("autoaugment", """AutoAugment() is an op of its own, and timm's is "original";""", 0, "autoaugment"),
        ("oiginal", "; did you mean original?", 0, "oiginal"),
        ("rand-m\uff19", "m takes a number", 5, "m\uff19"),
        ("rand-n\u0662", "n takes a whole number", 5, "n\u0662"),
        ("rand-n99999999999999999999", "n takes a whole number", 5, "n99999999999999999999"),
        ("rand-x3", "after rand may stand m, n, p, mstd, mmax, inc or t;", 5, "x3"),
        ("rand-m9-mst0.5", "m takes a number of 0 or more, such as m9; did you mean mstd?", 8, "mst0.5"),
        ("rand-m9-inx1", "did you mean inc?", 8, "inx1"),
        ("rand-m-n3", "m takes a number of 0 or more, such as m9;", 5, "m"),
        ("rand-m9 -n3", "m takes a number", 5, "m9 "),
        ("rand-n2.5", "n takes a whole number, 0 to 16, such as n2;", 5, "n2.5"),
        ("rand-p1.5", "p takes a probability from 0 to 1, such as p0.5;", 5, "p1.5"),
        ("rand-mmax0", "mmax takes a number above 0, such as mmax10;", 5, "mmax0"),
        ("rand-inc2", "inc takes 0 or 1;", 5, "inc2"),
        ("rand-tfoo", "t takes a list: tweights, t3a or t3aw;", 5, "tfoo"),
        ("rand-m9-w0", "timm has no w any more: leave it out, or write tweights", 8, "w0"),
        ("rand-m9--n2", "after rand may stand", 8, ""),
        ("rand-m9-m5", "m is said twice;", 8, "m5"),
        ("v0-m3", "after v0 may stand mstd;", 3, "m3"),
        ("original-mstdx", "mstd takes a number of 0 or more, such as mstd0.5; above 100, or inf, is any", 9, "mstdx"),
    ],
)
def test_an_error_shows_where(text, told, column, part):
    with pytest.raises(FieldError) as problem:
        read(text, "mine.text")
    first, shown, carets = str(problem.value).split("\n")
    assert first.startswith("mine.text: ") and told in first and first.endswith(f"got {part!r}")
    assert shown == f"    {text}" and carets == "    " + " " * column + "^" * max(len(part), 1)


@pytest.mark.parametrize(
    ("text", "shown", "column", "wide"),
    [
        ("r" * 3000, "r" * SHOWN + "...", 0, SHOWN),
        ("rand-" + "x" * 3000, "rand-" + "x" * (SHOWN - 5) + "...", 5, SHOWN - 5),
        ("rand-m9" + "-p1" * 1000, "rand-m9" + ("-p1" * 30)[: SHOWN - 7] + "...", 11, 2),
        ("rand-m" + "9" * 300 + "-x3", "..." + "9" * (SHOWN // 3 - 1) + "-x3", 3 + SHOWN // 3, 2),
        ("rand-m9-inc1\n", "rand-m9-inc1 ", 8, 5),
    ],
)
def test_of_a_long_text_what_is_meant_is_shown(text, shown, column, wide):
    with pytest.raises(FieldError) as problem:
        read(text, "mine.text")
    first, *lines = str(problem.value).split("\n")
    assert lines == [f"    {shown}", "    " + " " * column + "^" * wide]
    assert len(first) < 250


def test_all_that_is_known_is_offered():
    with pytest.raises(FieldError, match=", ".join(list(KINDS)[:-1]) + f" or {list(KINDS)[-1]}"):
        read("nothing", "it")
