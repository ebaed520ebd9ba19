"""Hint: what was probably meant by the call that made no op, for those who come from other libraries."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from variegate.arguments import is_number, is_whole
from variegate.ops.rule import Draw, Pixels, Rule

Args = Sequence[Any]
Given = Mapping[str, Any]

# What other libraries call a field; "" is the first one, of which a number there stands for a range about 0.
ELSEWHERE = {
    **dict.fromkeys(("limit", "degrees", "factor", "angle_range", "rotate_limit", "rotation_range"), ""),
    **dict.fromkeys(("prob", "probability", "always_apply", "rate"), "p"),
    **dict.fromkeys(("border_mode", "fill_mode", "padding_mode", "mode"), "border"),
    **dict.fromkeys(("value", "cval", "fill_value", "pad_val"), "fill"),
    **dict.fromkeys(("expand", "fit_output"), "fit"),
    **dict.fromkeys(("resample", "interp"), "interpolation"),
    **dict.fromkeys(("max_size", "output_size", "img_size", "image_size"), "size"),
    **dict.fromkeys(("transforms", "transform"), "ops"),
    **dict.fromkeys(("mixup_alpha", "cutmix_alpha", "lambda_val", "beta", "cut_size"), "alpha"),
}
ENDINGS = ("_limit", "_range", "_factor", "_shift_limit", "_percent")


def misfit(kind: str, places: Sequence[str], known: Sequence[str], args: Args, given: Given) -> str:
    """Why these arguments do not fit an op's fields: too many without a name, or a name of none of them; else nothing.

    places  the fields that may go without their names, in order; known: all fields
    """
    if len(args) > len(places):
        takes = f"takes {', '.join(places)}, and all else by name" if places else "takes nothing but by name"
        return f"{kind} {takes}; got {called(kind, args)}"
    strange = [item for item in given if item not in known]
    if not strange:
        return ""
    near, value = _near(strange[0], places, known), given[strange[0]]
    about_0 = f"({-value}, {value})" if ELSEWHERE.get(strange[0]) == "" and is_number(value) else ""
    asked = f"; did you mean {near}={about_0}?" if near else "."
    return f"{kind} has no {strange[0]}={asked} Its fields: {', '.join(known)}"


def hint(kind: str, rules: Mapping[str, Rule], places: Sequence[str], args: Args, given: Given) -> str:
    """What was probably meant, as a sentence; nothing where there is no telling.

    >>> from variegate.ops.fields import rules_of
    >>> from variegate.ops.resize import Resize
    >>> hint("Resize", rules_of(Resize), ["size"], (224, 224), {})
    'A size is one pair: write Resize((224, 224))'
    """
    first = rules.get(places[0]) if places else None
    if {"height", "width"} <= given.keys() and "size" in rules:
        return f"A size is one pair: write size=({given['height']!r}, {given['width']!r})"
    if "padding" in given and "padding" not in rules:
        return f"A margin is an op of its own: write Pad({given['padding']!r}) before it"
    if "partners" in rules and "num_classes" in given:
        told = f"Classes({given['num_classes']!r})"
        return f'How many classes there are is said of the label: write targets={{"label": {told}}} to Compose'
    if "partners" in rules and "label_smoothing" in given:
        told = f"Classes(..., smoothing={given['label_smoothing']!r})"
        return f'Labels are smoothed where they are declared: write targets={{"label": {told}}} to Compose'
    if places[:1] == ["ops"] and len(args) > 1 and all(hasattr(each, "lower") for each in args):
        return f"The ops are one list: write {kind}([{', '.join(map(repr, args))}])"
    if len(args) > 1 and isinstance(first, Pixels) and all(is_whole(side) and side > 1 for side in args[:2]):
        return f"A size is one pair: write {called(kind, [tuple(args[:2]), *args[2:]])}"
    if len(args) > len(places) and places and isinstance(first, Draw) and all(map(is_number, args[:2])):
        return f"A range is one pair: write {kind}({tuple(args[:2])!r})" if args[0] < args[1] else ""
    if len(args) == len(places) + 1 and is_number(args[-1]) and 0 <= args[-1] <= 1:
        return f"p goes by its name: write {called(kind, args[:-1], p=args[-1])}"
    return ""


def called(kind: str, args: Sequence[Any], **given: Any) -> str:
    """A call as it is written."""
    return f"{kind}({', '.join([*(f'{each!r:.60}' for each in args), *(f'{k}={v!r}' for k, v in given.items())])})"


def _near(name: str, places: Sequence[str], known: Sequence[str]) -> str:
    """The field that is meant by a name; nothing if none is near."""
    there = ELSEWHERE.get(name)
    if there == "" and places:
        return places[0]
    short = next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name)
    for each in (there, short, *difflib.get_close_matches(short, known, 1)):
        if each in known:
            return str(each)
    return ""
