"""Hint: what was probably meant by the call that made no op, for those who come from other libraries."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from variegate.arguments import is_number, is_whole
from variegate.ops import keywords
from variegate.ops.rule import Draw, Option, Pixels, Rule

Args = Sequence[Any]
Given = Mapping[str, Any]
ENDINGS = ("_limit", "_range", "_factor", "_shift_limit", "_percent")


def misfit(
    kind: str, places: Sequence[str], known: Sequence[str], needed: Sequence[str], args: Args, given: Given
) -> str:
    """Why these arguments do not fit an op's fields: too many without a name, a name of none of them, one twice, or
    one missing; else nothing.

    places  the fields that may go without their names, in order; known: all fields; needed: those without a default
    """
    if len(args) > len(places):
        takes = f"takes {', '.join(places)}, and all else by name" if places else "takes nothing but by name"
        return f"{kind} {takes}; got {called(kind, args)}"
    strange = [item for item in given if item not in known]
    if strange:
        near = [found for item in strange if (found := asked(kind, item, places, known, given))]
        meant = f"; did you mean {', '.join(near)}?" if near else "."
        return f"{kind} has no {', '.join(f'{item}=' for item in strange)}{meant} Its fields: {', '.join(known)}"
    filled = places[: len(args)]
    twice = [item for item in filled if item in given]
    if twice:
        return f"{kind} got {twice[0]} twice: {called(kind, args, **given)}. Its first fields: {', '.join(places)}"
    missing = [item for item in needed if item not in filled and item not in given]
    if missing:
        return f"{kind} needs {', '.join(missing)}; got {called(kind, args, **given)}. Its fields: {', '.join(known)}"
    return ""


def hint(
    kind: str, rules: Mapping[str, Rule], places: Sequence[str], args: Args, given: Given, refused: str = ""
) -> str:
    """What was probably meant, as a sentence; nothing where there is no telling.

    refused  the field whose value was refused, if one was

    >>> from variegate.ops.fields import rules_of
    >>> from variegate.ops.resize import Resize
    >>> hint("Resize", rules_of(Resize), ["size"], (224, 224), {})
    'A size is one pair: write Resize((224, 224))'
    """
    return _of_form(kind, rules, places, args, given) or _of_words(kind, rules, places, args, given, refused)


def _of_form(kind: str, rules: Mapping[str, Rule], places: Sequence[str], args: Args, given: Given) -> str:
    """What is told by how the arguments are laid out."""
    first = rules.get(places[0]) if places else None
    if {"height", "width"} <= given.keys() and "size" in rules:
        return f"A size is one pair: write size=({given['height']!r}, {given['width']!r})"
    if "padding" in given and "padding" not in rules:
        return f"A margin is an op of its own: write Pad({given['padding']!r}) before it"
    if places[:1] == ["ops"] and len(args) > 1 and all(hasattr(each, "lower") for each in args):
        return f"The ops are one list: write {kind}([{', '.join(map(repr, args))}])"
    if len(args) > 1 and isinstance(first, Pixels) and all(is_whole(side) and side > 1 for side in args[:2]):
        return f"A size is one pair: write {called(kind, [tuple(args[:2]), *args[2:]])}"
    if isinstance(first, Draw) and len(args) > 1 and all(map(is_number, args[:2])) and _is_word(rules, places):
        return f"A range is one pair: write {kind}({tuple(args[:2])!r})" if args[0] < args[1] else ""
    if "kernel_size" in rules and args:
        spread = args[1] if len(args) > 1 else given.get(places[0])
        if is_number(spread) or isinstance(spread, (tuple, list)):
            size = {"kernel_size": args[0]} if is_whole(args[0]) else {}
            return f"The kernel's size goes by its name: write {called(kind, [spread], **size)}"
    if len(args) == len(places) + 1 and is_number(args[-1]) and 0 <= args[-1] <= 1:
        return f"p goes by its name: write {called(kind, args[:-1], p=args[-1])}"
    return ""


def _of_words(
    kind: str, rules: Mapping[str, Rule], places: Sequence[str], args: Args, given: Given, refused: str
) -> str:
    """What is known of the keywords of elsewhere; of a field of the op's own, where its value was refused."""
    values = {**dict(zip(places, args, strict=False)), **given}
    looked = [item for item in given if item not in rules]
    if refused and not isinstance(values.get(refused), str):  # a wrong word is told by the right ones
        looked.append(refused)
    value = values.get(refused)
    if f"{refused}_x" in rules and (isinstance(value, dict) or (isinstance(value, list | tuple) and len(value) != 2)):
        return f"Sides that differ have fields of their own: write {refused}_x=(0.8, 1.2), {refused}_y=(0.8, 1.2)"
    return ". ".join(dict.fromkeys(said for item in looked if (said := sentence(kind, item, values))))


def called(kind: str, args: Sequence[Any], **given: Any) -> str:
    """A call as it is written."""
    return f"{kind}({', '.join([*(f'{each!r:.60}' for each in args), *(f'{k}={v!r:.60}' for k, v in given.items())])})"


def asked(kind: str, name: str, places: Sequence[str], known: Sequence[str], given: Given) -> str:
    """The field that is meant by a name, as it would be written; nothing if none is near, or a sentence tells it."""
    there = keywords.meant(kind, name, given)
    if sentence(kind, name, given):
        return ""
    if there == "" and places:
        value = given[name]
        return f"{places[0]}=({-value}, {value})" if is_number(value) else f"{places[0]}="
    if there and there.partition("=")[0] in known:
        return there if "=" in there else f"{there}="
    short = next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name)
    return next((f"{each}=" for each in (short, *difflib.get_close_matches(short, known, 1)) if each in known), "")


def sentence(kind: str, name: str, given: Given) -> str:
    """What is told of a keyword of elsewhere that is no other word for a field; nothing of others."""
    told = keywords.meant(kind, name, given) or ""
    return told if " " in told else ""


def _is_word(rules: Mapping[str, Rule], places: Sequence[str]) -> bool:
    """Whether the second field, if there is one, takes no number."""
    return len(places) < 2 or isinstance(rules.get(places[1]), Option)
