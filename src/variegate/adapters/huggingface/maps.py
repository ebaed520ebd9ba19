"""Maps: a pipeline as a function of a batch of columns, with fresh numbers or with those of a column of ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.adapters.huggingface.columns import Batch, DatasetColumns
from variegate.adapters.huggingface.epoch import Epoch
from variegate.errors import InputError
from variegate.key import Keys
from variegate.loader.source.folder import path_id
from variegate.pipeline import Compose

INSTEAD = "vg.Loader(vg.HuggingFace(dataset), augment, batch_size=64)"


def transform(
    augment: Compose,
    image: str = "image",
    *,
    fields: Mapping[str, str] | None = None,
    mode: str = "RGB",
    dtype: DTypeLike = "uint8",
    tensors: bool = False,
    output: str | None = None,
) -> Transform:
    """A function for `dataset.set_transform`, or for `map(..., batched=True)`: fresh numbers at every access.

    augment  declares, in its `targets`, what other columns are
    image    the column of pictures: PIL images, files (of datasets.Image(decode=False)), or arrays, uint8, uint16 or
             float32, whose white Compose(white=) says: 1 of floats, unless it is declared
    fields   field -> column, or "column.key" of a column of dicts, where they are not called alike
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what files and PIL images are converted
    dtype    "uint8", "uint16" or "float32": of what that is, as of vg.ImageFolder
    tensors  give torch tensors, in place of arrays
    output   what the column of augmented pictures is called, in place of that of pictures: "pixel_values", as models of
             transformers ask for it; None: as that of pictures

    Other columns are passed on as they are. One that is not declared, and may lie on the picture, is refused: pictures,
    structs and lists of numbers. Of these, vectors of zeros and ones are passed on.

    >>> from variegate.ops import Rotate
    >>> augment = transform(Compose([Rotate((-30, 30))]))
    >>> batch = augment({"image": [np.zeros((8, 6, 3), np.uint8)] * 2, "label": [0, 1]})
    >>> batch["image"].shape, batch["label"]
    ((2, 8, 6, 3), [0, 1])

    Raises  FieldError if fields, mode, dtype or output cannot be, or ops mix samples.
    """
    augment.alone("transform", INSTEAD)
    return Transform(augment, _columns(augment, image, fields, mode, dtype, output), tensors)


def keyed(
    augment: Compose,
    seed: int = 0,
    ids_column: str = "id",
    epoch: int = 0,
    image: str = "image",
    *,
    fields: Mapping[str, str] | None = None,
    mode: str = "RGB",
    dtype: DTypeLike = "uint8",
    tensors: bool = False,
    output: str | None = None,
) -> Keyed:
    """The same with numbers that can be drawn again: a row of an epoch is the same for ever.

    seed        any integer
    ids_column  a column of integers from 0, as in vg.Arrays; or of texts, such as file names, of which the hash is the
                id, as in vg.ImageFolder for paths within the folder. With the same seed, ids and pictures the bytes,
                and the labels, are those of vg.Loader
    epoch       the first; `set_epoch` makes it another, also in worker processes that are already there

    >>> from variegate.ops import Rotate
    >>> augment = keyed(Compose([Rotate((-30, 30))]), seed=7)
    >>> rows = {"image": [np.eye(8, dtype=np.float32)] * 2, "id": [4, 4]}
    >>> augment.set_epoch(3)
    >>> first, second = augment(rows)["image"]
    >>> bool((first == second).all())
    True

    Raises  FieldError if fields, mode or dtype cannot be, or ops mix samples; InputError if the epoch cannot.
    """
    augment.alone("keyed", INSTEAD)
    columns = _columns(augment, image, fields, mode, dtype, output)
    return Keyed(augment, columns, tensors, seed, ids_column, Epoch(epoch))


def _columns(
    augment: Compose, image: str, fields: Mapping[str, str] | None, mode: str, dtype: DTypeLike, output: str | None
) -> DatasetColumns:
    return DatasetColumns(augment.known, image, dict(fields or {}), mode, dtype, output)


class Transform:
    """A pipeline as a function from a dict of columns to a dict of columns; `transform` makes one.

    >>> from variegate import HorizontalFlip
    >>> made = transform(Compose([HorizontalFlip()]), tensors=False)
    >>> isinstance(made, Transform), made({"image": [np.array([[1, 2, 3]], np.uint8)], "label": [7]})["image"][0]
    (True, array([[3, 2, 1]], dtype=uint8))
    """

    def __init__(self, augment: Compose, columns: DatasetColumns, tensors: bool) -> None:
        self.augment, self.columns, self.tensors = augment, columns, bool(tensors)

    def __call__(self, batch: Batch) -> Batch:
        fields = self.columns.fields(batch)
        if fields is None:
            return batch
        made = self._made(fields, self._keys(batch))
        return self.columns.together(batch, {n: _tensors(v) for n, v in made.items()} if self.tensors else made)

    def _keys(self, batch: Batch) -> Keys | None:
        """Which numbers the rows draw; None: fresh ones."""
        return None

    def _made(self, fields: dict[str, list[Any]], keys: Keys | None) -> dict[str, Any]:
        kinds = {(image.shape[2:], image.dtype) for image in fields["image"]}
        if len(kinds) < 2:
            return self.augment.batch(keys=keys, **fields)  # type: ignore[no-any-return]
        rows = [dict(zip(fields, row, strict=True)) for row in zip(*fields.values(), strict=True)]  # no one plan fits
        made = [self.augment(key=None if keys is None else keys[n], **row) for n, row in enumerate(rows)]
        return {name: [row[name] for row in made] for name in fields}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.augment!r})"


class Keyed(Transform):
    """A Transform whose numbers hang on a column of ids; `keyed` makes one.

    >>> from variegate import Rotate
    >>> made = keyed(Compose([Rotate((-90, 90))]), seed=1, tensors=False)
    >>> made.set_epoch(3)
    >>> isinstance(made, Keyed), made.epoch
    (True, 3)
    """

    def __init__(
        self, augment: Compose, columns: DatasetColumns, tensors: bool, seed: int, ids_column: str, epoch: Epoch
    ) -> None:
        super().__init__(augment, columns, tensors)
        self.seed, self.ids_column, self._epoch = seed, ids_column, epoch

    @property
    def epoch(self) -> int:
        """The epoch whose numbers are drawn."""
        return self._epoch.now

    def set_epoch(self, epoch: int) -> None:
        """Draw the numbers of `epoch` from now on.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        self._epoch.set(epoch)

    def _keys(self, batch: Batch) -> Keys:
        if self.ids_column not in batch:
            raise InputError(
                f"the numbers of a row hang on its id, and there is no column {self.ids_column!r}, but {sorted(batch)}"
                f". Add one before anything shuffles the rows: dataset.add_column({self.ids_column!r}, "
                "range(len(dataset)))"
            )
        return Keys.at(self.seed, self.epoch, _ids(batch[self.ids_column], self.ids_column))


def _ids(values: list[Any], column: str) -> NDArray[Any]:
    """Ids as numbers; of texts the hash."""
    if all(isinstance(value, str) for value in values):
        return np.array([path_id(value) for value in values], np.uint64)
    if all(isinstance(value, int | np.integer) and not isinstance(value, bool) for value in values):
        if min(map(int, values)) < 0:
            raise InputError(f"the ids in the column {column!r} are 0 or more, got {min(map(int, values))}")
        return np.array(list(map(int, values)), np.uint64)
    raise InputError(f"the column {column!r} holds ids: integers, or texts; got {values[0]!r} and others")


def _tensors(value: Any) -> Any:
    """Torch tensors for arrays of numbers, also those in lists."""
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(value) if value.dtype.kind in "biufc" else value
    return type(value)(map(_tensors, value)) if type(value) in (list, tuple) else value
