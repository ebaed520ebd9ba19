"""Trials: the pipeline that a user means, the keys that it is tried with, and which of its ops is at fault."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import show
from variegate.key import Key, Keys
from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.plan.ir import Node
from variegate.plan.plan import Plan
from variegate.targets import Boxes, Mask, Target, Targets

Subject = Compose | Op | Sequence[Op]
LABELS: dict[str, tuple[str, Target]] = {
    "boxes": ("boxes", Boxes()),
    "mask": ("mask", Mask()),
    "instances": ("masks", Mask(stack=True)),
}  # by what an op looks at
LONGEST = 6  # draws of one field that a message lists


def pipeline_of(subject: Subject, targets: Mapping[str, Target] | None = None) -> Compose:
    """The pipeline that a user means, with these targets, and those that its ops look at, in place of its own."""
    pipeline = subject
    if not isinstance(pipeline, Compose):
        pipeline = Compose([pipeline] if isinstance(pipeline, Op) else list(pipeline))
    wanted = dict(LABELS[looks] for looks in looks_of(pipeline)) | dict(targets or {})
    return replace(pipeline, targets=Targets.of(wanted)) if wanted else pipeline


def looks_of(pipeline: Compose) -> list[str]:
    """At which labels the ops of a pipeline look."""
    return sorted({node.op.looks for node in nodes_of(pipeline)} - {""})


def nodes_of(pipeline: Compose) -> tuple[Node, ...]:
    """The ops that combinators hold, and their paths, in the order declared."""
    return pipeline.compiler.flat.nodes


def labels_for(pipeline: Compose, size: tuple[int, int], box: Sequence[float]) -> dict[str, Any]:
    """The labels at which the ops of a pipeline look, for one object in a box: x0, y0, x1, y1 in pixels."""
    left, top, right, bottom = np.clip(box, 0, (size[1], size[0], size[1], size[0]))
    mask = np.zeros(size, np.uint8)
    mask[int(top) : int(bottom), int(left) : int(right)] = 1
    every = {"boxes": np.array([(left, top, right, bottom)]), "mask": mask, "instances": mask[None]}
    return {LABELS[looks][0]: every[looks] for looks in looks_of(pipeline)}


def middle(size: tuple[int, int]) -> list[float]:
    """A box about the middle of a picture: half as high and wide."""
    return [size[1] * 0.25, size[0] * 0.25, size[1] * 0.75, size[0] * 0.75]


def keys_of(tries: int) -> list[Key]:
    """The keys of as many tries."""
    return [Key(seed=5, id=n) for n in range(tries)]


class Done(NamedTuple):
    """What became of a sample.

    image   (height, width, channels) float64, whatever the layout that was written
    fields  the other fields, as declared
    """

    image: NDArray[np.float64]
    fields: dict[str, Any]


def carried_out(pipeline: Compose, image: NDArray[Any], key: Key, fields: Mapping[str, Any]) -> Done:
    """A picture (height, width, channels) and its fields through a pipeline."""
    plan = planned(pipeline, image, key, fields)
    out = plan.result(0, image)
    channels_last = np.moveaxis(out, 0, 2) if plan.layout == "CHW" else out
    return Done(channels_last.astype(np.float64), plan.carry(0).fields)


def planned(pipeline: Compose, image: NDArray[Any], key: Key, fields: Mapping[str, Any]) -> Plan:
    """The plan of one sample."""
    size = image.shape[0], image.shape[1]
    leaves = [pipeline.known.read(fields, size)] if fields else ()
    return pipeline.plan(Keys.of([key]), [size], image.shape[2], image.dtype, leaves)


def params_text(pipeline: Compose, key: Key) -> str:
    """A key, and what it draws, for a message."""
    drawn = []
    for path, numbers in pipeline.params(key).items():
        fields = [f"{name}={_short(value)}" for name, value in numbers.items() if name != "applied"]
        drawn.append(f"{path}({', '.join(fields)})" if numbers["applied"] else f"{path} left out")
    return f"key Key(seed={key.seed}, id={key.id}), which draws {', '.join(drawn) or 'nothing'}"


def _short(value: Any) -> str:
    """Drawn numbers in four digits, not too many."""
    if isinstance(value, list):
        rest = ", ..." if len(value) > LONGEST else ""
        return f"[{', '.join(map(_short, value[:LONGEST]))}{rest}]"
    return show(float(f"{value:.4g}"))


def attempt(check: Callable[[Compose], None], pipeline: Compose) -> None:
    """Check a pipeline; where that fails, say which of its ops fail alone too."""
    try:
        check(pipeline)
    except AssertionError as error:
        paths = [node.path for node in nodes_of(pipeline)]
        name = paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"
        raise AssertionError(f"{name}: {error}{_at_fault(check, pipeline)}") from None


def _at_fault(check: Callable[[Compose], None], pipeline: Compose) -> str:
    """Which ops of a chain fail alone, by the numbers that they drew in it."""
    chain = alone(pipeline)
    if len(chain) < 2:
        return ""
    guilty = [path for path, op in chain.items() if failure(check, op) is not None]
    if not guilty:
        return ". No op of the chain fails alone"
    return f". Of the chain's ops {', '.join(guilty)} fail{'s' if len(guilty) == 1 else ''} alone too"


def failure(check: Callable[[Compose], None], pipeline: Compose) -> AssertionError | None:
    """What a check has against a pipeline; nothing against what cannot be tried, such as an op for another size."""
    try:
        check(pipeline)
    except AssertionError as error:
        return error
    except Exception:
        return None
    return None


def alone(pipeline: Compose) -> dict[str, Compose]:
    """Each op of a pipeline as one of its own, by its path, by which it draws there too."""
    return {node.path: replace(pipeline, ops=[_named(node)]) for node in nodes_of(pipeline)}


def _named(node: Node) -> Op:
    op = copy.copy(node.op)
    object.__setattr__(op, "name", node.path)
    return op
