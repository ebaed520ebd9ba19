"""Targets: which fields a sample may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from variegate.errors import FieldError, InputError
from variegate.targets.base import Size, Target, comma_list
from variegate.targets.boxes import Boxes
from variegate.targets.image import Image
from variegate.targets.keypoints import Keypoints
from variegate.targets.leaf import Leaf
from variegate.targets.mask import Mask
from variegate.targets.names import INSTANCES, name_clash
from variegate.targets.polygons import Polygons
from variegate.targets.rows import Label, PerInstance

KNOWN: tuple[tuple[str, Target], ...] = (("image", Image()), ("mask", Mask()), ("label", Label()))
USUAL: dict[str, Target] = {  # what a field of this name usually is, for the error that says how to declare it
    **dict.fromkeys(("boxes", "bboxes", "bbox", "box"), Boxes("coco")),
    **dict.fromkeys(("labels", "classes", "class_ids", "category_ids", "ids", "areas", "iscrowd"), PerInstance()),
    **dict.fromkeys(("keypoints", "landmarks", "points"), Keypoints("xyv")),
    **dict.fromkeys(("polygons", "segments", "segmentation", "segmentations"), Polygons(flat=True)),
    "masks": Mask(stack=True),
    **dict.fromkeys(("depth", "heatmap", "heatmaps", "semantic", "segmap"), Mask()),
    **dict.fromkeys(("image2", "view", "views"), Image()),
}
CHOICE = (
    "with ... one of Image(), Mask(), Boxes(), OrientedBoxes(), Keypoints() and Polygons(), which move with the "
    "pixels; PerInstance(), a row for each instance; or PerSample(), passed on as it is, never moved"
)


class Targets:
    """The fields that a sample may have, and what each of them is.

    declared  by name, a target for each: boxes=Boxes("coco")

    `image`, `mask` (classes or a map) and `label` are known without being declared; any name may be added but those
    that are reserved (see names.py), and `mask` and `label` declared otherwise. A `label` that nobody declares is a
    number, a text or a vector of classes, which is passed on: what may lie on the picture is refused. Equal if the same
    fields are the same targets.

    >>> Targets(boxes=Boxes("coco"), labels=PerInstance())
    Targets(boxes=Boxes('coco'), labels=PerInstance())
    >>> Targets(boxes=Boxes()) == Targets.of({"boxes": Boxes("xyxy")})
    True

    Raises  FieldError if a name is taken, or a value is no target.
    """

    __slots__ = ("fields",)
    fields: tuple[tuple[str, Target], ...]

    def __init__(self, /, **declared: Target) -> None:
        for name, target in declared.items():
            _check(name, target)
        object.__setattr__(self, "fields", tuple({**dict(KNOWN), **declared}.items()))

    @classmethod
    def of(cls, value: Targets | Mapping[str, Target] | None) -> Targets:
        """Targets from what a user may write for them; None declares nothing beside the known names.

        >>> Targets.of({"depth": Mask(fill=-1)})
        Targets(depth=Mask(-1))
        """
        if value is None:
            return cls()
        if isinstance(value, Targets):
            return value
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise FieldError(f'targets is a Targets, or a dict such as {{"boxes": Boxes("coco")}}; got {value!r}')
        return cls(**value)

    def read(self, fields: Mapping[str, Any], size: Size, doubt: bool = True) -> dict[str, Leaf]:
        """The leaves of a sample's fields, all but `image`, on a picture of this size.

        doubt  whether what can only be in another unit than declared is refused: what comes from a user, not what a
               target wrote

        Raises  InputError if a field is not declared, is not what was declared, or has another number of instances than
        the other fields of its group.
        """
        declared = dict(self.fields)
        self.check(fields)
        leaves = {name: declared[name].read(value, size, name) for name, value in fields.items()}
        instances = [name for name in fields if declared[name].rows_of is not None]
        if doubt and instances and "label" in fields and declared["label"].undeclared:
            _check_label(fields["label"], instances[0])
        for name in leaves if doubt else ():
            declared[name].check_unit(leaves[name], size, name)
        first: dict[str, str] = {}  # of each group, the field that was met first
        for name in leaves:
            group = declared[name].rows_of
            if group is not None:
                _check_count(leaves, first.setdefault(group, name), name, group)
        return leaves

    @property
    def back(self) -> Targets:
        """Targets that read what these write, and write what these read.

        >>> Targets(boxes=Boxes("yolo", out="xyxy")).back
        Targets(boxes=Boxes(normalised=False, out='rel_cxcywh'))
        """
        return Targets.of({name: target.back for name, target in self.fields})

    def write(self, leaves: Mapping[str, Leaf], size: Size) -> dict[str, Any]:
        """The values of leaves that lie on a picture of this size."""
        return {name: self[name].write(leaf, size) for name, leaf in leaves.items()}

    def __getitem__(self, name: str) -> Target:
        return dict(self.fields)[name]

    def __contains__(self, name: object) -> bool:
        return any(name == known for known, _ in self.fields)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __eq__(self, other: object) -> bool:
        return dict(self.fields) == dict(other.fields) if isinstance(other, Targets) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.fields))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Targets do not change: make new ones to set {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Targets.of, (dict(self.fields),)

    def __repr__(self) -> str:
        shown = {name: target for name, target in self.fields if (name, target) not in KNOWN}
        if all(name.isidentifier() for name in shown):
            return f"Targets({comma_list(f'{name}={target!r}' for name, target in shown.items())})"
        return f"Targets.of({shown!r})"

    def check(self, names: Iterable[str]) -> None:
        """Refuse fields of a sample that nobody declared, and say how to.

        Raises  InputError.
        """
        unknown = [name for name in names if name not in self]
        if not unknown:
            return
        said = name_clash(unknown, "a sample")
        if said is not None:
            raise InputError(said)
        raise InputError(
            f"unknown field{'s' if len(unknown) > 1 else ''} {comma_list(unknown)}: declared are {comma_list(self)}. "
            "Say what "
            f"a field is where the pipeline is made, such as {proposed(unknown)}; or leave it out"
        )


def proposed(names: Iterable[str]) -> str:
    """How to declare fields of these names: as what they usually are, or as one of all that there is.

    >>> proposed(["bbox"])
    'targets={"bbox": Boxes(\\'coco\\')}'
    """
    names = list(names)
    shown = comma_list(f'"{name}": {USUAL.get(name, "...")}' for name in names)
    return f"targets={{{shown}}}" + ("" if all(name in USUAL for name in names) else f", {CHOICE}")


def _check(name: str, target: object) -> None:
    """Refuse a name that is taken, and what is no target."""
    said = name_clash([name], "Targets")
    if said is not None:
        raise FieldError(said)
    if not isinstance(target, Target):
        made = f"; write {target.__name__}()" if isinstance(target, type) and issubclass(target, Target) else ""
        raise FieldError(f"Targets.{name} is a target such as Boxes() or Mask(), got {target!r}{made}")
    group = target.rows_of
    said = None if group in (None, INSTANCES) else name_clash([group], f"Targets.{name}: group", ("image", "label"))
    if said is not None:
        raise FieldError(said)
    if name == "image" and not isinstance(target, Image):
        raise FieldError(f"Targets.image is the sample's picture, Image(); got {target!r}")
    if name == "image" and target != Image():
        raise FieldError(f"Targets.image is {target!r}: what the picture's own numbers mean is said by Compose(white=)")


def _check_label(value: Any, beside: str) -> None:
    """Refuse several labels beside instances, where nobody said whether each is of an instance.

    One of an instance that is cut away must go with it; even zeros and ones may be the classes of instances.
    """
    if getattr(value, "ndim", 0) or isinstance(value, (list, tuple)):
        raise InputError(
            f"label has several values beside {beside}, and what they are was not said: of the instances they are "
            'targets={"label": PerInstance()}, which keeps them in step; targets={"label": PerSample()} passes them on'
        )


def _check_count(leaves: Mapping[str, Any], one: str, other: str, group: str) -> None:
    """Refuse two fields of a group with other numbers of instances."""
    if leaves[one].count != leaves[other].count:
        raise InputError(
            f"{one} has {leaves[one].count} instances and {other} {leaves[other].count}: fields of the group {group!r} "
            "have a row for each instance. Give as many, or declare one of them with another group="
        )
