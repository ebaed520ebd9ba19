"""What source and pipeline declare together."""

from __future__ import annotations

from dataclasses import fields, replace

from variegate.errors import FieldError
from variegate.targets.base import Target
from variegate.targets.declared import KNOWN, Targets

# Fields of targets that say what the values are.
FORM = (
    "format", "normalised", "columns", "radians", "swap", "angle", "clockwise", "flat", "holes", "closed", "stack",
    "channels", "stride", "group",
)  # fmt: skip


def agreed(source: Targets, pipeline: Targets) -> Targets:
    """What the fields are, of what source and pipeline declare.

    Where one of them declares a field, that holds. Where both do, the pipeline's declaration holds, which must say the
    same of what the values are (class, format, group); filters and other options may differ. A mask for which the
    pipeline says nothing of `ignore_index`, or neither of `fill`, has the source's.

    >>> from variegate.targets import Boxes
    >>> agreed(Targets(boxes=Boxes("coco")), Targets(boxes=Boxes("coco", min_area=4)))
    Targets(boxes=Boxes('coco', min_area=4))

    Raises  FieldError that names the field and both declarations.
    """
    theirs, ours = _declared(source), _declared(pipeline)
    both = {name: _merged(name, theirs[name], ours[name]) for name in theirs if name in ours}
    return Targets.of({**theirs, **ours, **both})


def _declared(targets: Targets) -> dict[str, Target]:
    """The fields that are declared: a known name that is declared as it is known anyway says nothing."""
    return {name: target for name, target in targets.fields if (name, target) not in KNOWN}


def _merged(name: str, theirs: Target, ours: Target) -> Target:
    if type(theirs) is not type(ours) or theirs.meaning != ours.meaning:
        write = _reformed(ours, theirs)
        raise FieldError(
            f"the field {name!r} is {theirs!r} in the source and {ours!r} in the pipeline: the pipeline must say the "
            "same of what the values are, and may add filters and other options. Declare it there as the source does, "
            f"{name}={write!r}, or not at all"
        )
    return ours.completed_by(theirs)


def _reformed(ours: Target, theirs: Target) -> Target:
    """A declaration with another's word for what the values are, for an error."""
    if type(ours) is not type(theirs):
        return theirs
    try:
        return replace(ours, **{item.name: getattr(theirs, item.name) for item in fields(ours) if item.name in FORM})
    except FieldError:  # options that do not go with it
        return theirs
