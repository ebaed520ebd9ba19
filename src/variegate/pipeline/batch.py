"""Several samples at once: drawn and planned together, with the same bytes as one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.labels.collate import collate
from variegate.picture import ImageArray, as_picture, empty_batch, is_one_picture
from variegate.pipeline.fresh import fresh
from variegate.pipeline.sample import image_of
from variegate.white import dtype_name

if TYPE_CHECKING:
    from variegate.pipeline.pipeline import Pipeline
    from variegate.plan.carried import CarriedLabels
    from variegate.plan.plan import Plan
    from variegate.targets import Targets
    from variegate.targets.leaf import Leaf

    Carried = Callable[[int], CarriedLabels]  # of sample i the fields beside the picture


def batch(
    pipeline: Pipeline,
    images: Sequence[ImageArray] | ImageArray | None,
    fields: Mapping[str, Sequence[Any]],
    keys: Keys | Sequence[Key] | None,
) -> Any:
    """See `Compose.batch`.

    Raises  InputError if fields differ in length, or the pictures in channels or dtype.
    """
    if images is not None and fields:
        raise InputError(f"give the pictures by position or by keyword, not both: got {sorted(fields)}")
    if isinstance(images, np.ndarray) and is_one_picture(images):
        raise InputError(
            f"augment.batch takes pictures, a list or an array (B, height, width, channels), and {images.shape} is "
            "rather one picture: augment(image). Grey pictures of so few columns are images[..., np.newaxis]"
        )
    bare, images = images is not None, image_of(fields) if images is None else images
    if not hasattr(images, "__iter__") or isinstance(images, str | Mapping):
        more = ". Fields go by keyword: augment.batch(**fields)" * isinstance(images, Mapping)
        raise InputError(
            "augment.batch takes pictures, a list or an array (B, height, width, channels); got "
            f"{type(images).__name__}{more}"
        )
    samples = [] if bare else _samples(fields)
    pictures = [_picture(image, n) for n, image in enumerate(images)]
    columns = _keys(pipeline, keys, len(pictures))
    if not pictures:
        nothing = _nothing(pipeline, images)
        return nothing if bare else {name: nothing if name == "image" else [] for name in fields}
    kinds = {(picture.shape[2], dtype_name(picture.dtype)) for picture, _ in pictures}
    if len(kinds) > 1:
        raise InputError(f"pictures of one batch share channels and dtype, got {sorted(kinds)}")
    sizes = [picture.shape[:2] for picture, _ in pictures]
    leaves = [_read(pipeline.known, sample, sizes[n], n) for n, sample in enumerate(samples)]
    plan = pipeline.plan(columns, sizes, *kinds.pop(), leaves=leaves if any(leaves) else (), mixes=_mixes(pipeline))
    out = empty_batch(plan.shapes, plan.dtype)
    carried = _mixed(pipeline, plan, pictures, out) if plan.levels else _plain(plan, pictures, out)
    if plan.layout == "HWC" and all(flat for _, flat in pictures):
        out = out[..., 0] if isinstance(out, np.ndarray) else [each[..., 0] for each in out]
    if bare:
        return out
    labels = collate(pipeline.known, [_labels(carried, i) for i in range(len(pictures))])
    return {name: out if name == "image" else labels[name] for name in fields}


def _mixes(pipeline: Pipeline) -> bool:
    """Whether all ops that mix samples take partners out of the batch, which is here."""
    compiler = pipeline.compiler
    return bool(compiler.within) and len(compiler.within) == len(compiler.mixes)


def _plain(plan: Plan, pictures: Sequence[tuple[ImageArray, bool]], out: Any) -> Carried:
    """Write the result of each sample; what gives its other fields."""
    for i, (picture, _) in enumerate(pictures):
        with _told(plan, i, picture):
            plan.run(i, picture, out[i], checked=True)
    return plan.carry


def _mixed(pipeline: Pipeline, plan: Plan, pictures: Sequence[tuple[ImageArray, bool]], out: Any) -> Carried:
    """The same, of samples that are each other's partners."""
    from variegate.pipeline.mix import Values

    values = Values(pipeline, [(plan, i) for i in range(len(plan))], [picture for picture, _ in pictures])
    last = len(plan.levels)
    for i, (picture, _) in enumerate(pictures):
        with _told(plan, i, picture):
            out[i][...] = values.value(i, last).image
    return lambda i: plan.written(i, values.value(i, last).moved)


@contextmanager
def _told(plan: Plan, i: int, picture: ImageArray) -> Iterator[None]:
    """Look at a picture before it is run; an error says which sample it was, in a note where an op made it."""
    try:
        plan.check(picture)
    except InputError as error:
        raise InputError(f"sample {i}: {error}") from None
    try:
        yield
    except Exception as error:
        error.add_note(f"variegate: this was in making sample {i} of the batch")
        raise


def _labels(carried: Carried, n: int) -> Any:
    """The other fields of sample n; an error says which it was."""
    try:
        return carried(n).fields
    except InputError as error:
        raise InputError(f"sample {n}: {error}") from None


def _picture(image: Any, n: int) -> tuple[ImageArray, bool]:
    """The picture of sample n, as `as_picture` gives it; an error says which it was."""
    try:
        return as_picture(image)
    except InputError as error:
        raise InputError(f"sample {n}: {error}") from None


def _read(targets: Targets, sample: Mapping[str, Any], size: tuple[int, int], n: int) -> dict[str, Leaf]:
    """The leaves of sample n; an error says which it was."""
    try:
        return targets.read(sample, size)
    except InputError as error:
        raise InputError(f"sample {n}: {error}") from None


def _samples(fields: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each sample's fields but the picture."""
    for name, values in fields.items():
        if not hasattr(values, "__len__") or isinstance(values, str):
            raise InputError(f"the fields of a batch have one value a sample, got {values!r:.100} of {name}")
    lengths = {name: len(values) for name, values in fields.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"the fields of a batch have one value a sample, got {lengths}")
    names = [name for name in fields if name != "image"]
    return [{name: fields[name][i] for name in names} for i in range(lengths["image"])]


def _nothing(pipeline: Pipeline, images: Sequence[ImageArray] | ImageArray) -> Any:
    """The result for no pictures: an empty list, or an empty array of the shape that pictures would have."""
    if not isinstance(images, np.ndarray):
        return []
    one = batch(pipeline, np.zeros((1, *images.shape[1:]), images.dtype), {}, [Key()])
    return one[:0]


def _keys(pipeline: Pipeline, keys: Keys | Sequence[Key] | None, count: int) -> Keys:
    if keys is None:
        # A fresh key a batch, and a variation a sample: as fresh as a key each, and cheaper.
        key = fresh(pipeline)
        return Keys.at(key.seed, 0, np.full(count, key.id, np.uint64), np.arange(count, dtype=np.uint32))
    if isinstance(keys, Key) or not hasattr(keys, "__iter__"):
        seed = keys.seed if isinstance(keys, Key) else 0
        raise InputError(
            f"augment.batch takes a key a picture, got {keys!r:.100}. Write keys=Keys.at(seed={seed}, epoch=0, "
            f"ids=range({count}))"
        )
    columns = keys if isinstance(keys, Keys) else Keys.of(list(keys))
    if len(columns) != count:
        raise InputError(f"{len(columns)} keys for {count} pictures; give one key a picture")
    return columns
