"""Augment: a pipeline as a function of Ray Data's batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.adapters.ray.column import column, may_lie_on_pictures, plain
from variegate.adapters.ray.picture import RayPicture, check_block, check_unpadded, picture, pixels
from variegate.arguments import one_of, whole
from variegate.errors import DecodeError, FieldError, InputError
from variegate.key import Key, Keys
from variegate.labels.collate import Padded, collate, pad
from variegate.loader.batch.plan import kind_of_all
from variegate.loader.decode import Mode, WindowReader, check_pixel_format, reader_of
from variegate.loader.identity import Identity
from variegate.loader.memory import DecodeScratch
from variegate.picture import empty_batch
from variegate.pipeline import Compose
from variegate.targets import Target, Targets
from variegate.targets.agreed import agreed

RowBlock = dict[str, NDArray[Any]]
OWN = ("id", "epoch", "variation")  # the columns of the key


class Augment:
    """A pipeline for `dataset.map_batches(Augment(...), batch_format="numpy")`: rows in, augmented rows out.

    augment  a Compose, or None for the pictures as they are
    seed     any integer
    epoch    0 to 2**32 - 1; of rows without a column `epoch`
    image    the column of the pictures: arrays (H, W, C) or (H, W), bytes of picture files, or paths. Where there is
             none they come from `bytes`, which then goes, or from the files at `path`; the results are put here
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what files are decoded
    dtype    "uint8", "uint16" or "float32": of what that is, as of vg.ImageFolder
    targets  what the other fields are, beside what the pipeline declares: the `targets` of a source
    collate  how fields of instances stand in a row: "list", as many as there are; or Padded(most=M), M of them and, in
             a column by the name of the group, which are there
    at_once  how many rows are made at once: of no more than these are results in memory beside the block
    jpeg_decoder  "auto": of a JPEG no more is decoded than will be seen, once that is compiled, which
             `variegate warm` does ahead; or "turbo": simplejpeg decodes all of each. The same bytes

    Each row has an `id`, 0 to 2**64 - 1, and may have an `epoch` and a `variation`, 0 to 2**32 - 1. What a row becomes
    hangs on these, the seed and the row's picture and fields, and on no other row: the bytes are those of a vg.Loader
    with the same seed, ids and pictures. A column of numbers, texts, bytes or vectors of zeros and ones is carried; one
    with other arrays or lists is a field, which follows the pixels and must be declared (PerSample is passed on as it
    is, never moved).

    >>> from variegate.ops import Rotate
    >>> turn = Augment(Compose([Rotate((-30, 30))]), seed=7)
    >>> rows = {"id": np.arange(3), "image": np.zeros((3, 8, 8, 3), np.uint8), "name": np.array(["a", "b", "c"])}
    >>> [(made["image"].shape, made["name"].tolist()) for made in turn(rows)]
    [((3, 8, 8, 3), ['a', 'b', 'c'])]

    Raises  FieldError if an argument cannot be, or ops mix samples; from the rows, DecodeError with the path of a file
            that cannot be decoded, and InputError if a row has no id, or a field cannot be taken.
    """

    def __init__(
        self,
        augment: Compose | None = None,
        seed: int = 0,
        epoch: int = 0,
        image: str = "image",
        *,
        mode: Mode = "RGB",
        dtype: DTypeLike = "uint8",
        targets: Targets | Mapping[str, Target] | None = None,
        collate: Literal["list"] | Padded = "list",
        at_once: int = 64,
        jpeg_decoder: Literal["auto", "turbo"] = "auto",
    ) -> None:
        if augment is not None and not isinstance(augment, Compose):
            raise FieldError(f"Augment takes a Compose or None, got {augment!r}; wrap a single op in Compose([op])")
        if augment is not None:
            augment.alone("Augment", "vr.rows(source, augment=augment)")
        key = Key(seed, epoch)
        self.augment, self.seed, self.epoch = augment, key.seed, key.epoch
        self.image, self.at_once = image, whole(at_once, "Augment.at_once", least=1)
        self.mode, self.dtype = check_pixel_format(mode, dtype, "Augment")
        self.targets = agreed(Targets.of(targets), Targets() if augment is None else augment.known)
        self.collate = _checked(collate)
        self.jpeg_decoder = one_of(jpeg_decoder, "Augment.jpeg_decoder", ("auto", "turbo"))

    def __call__(self, rows: RowBlock) -> Iterator[RowBlock]:
        """The augmented rows, in the same order, at most `at_once` at a time."""
        # In a task a file comes once, so no index is kept: what is spared is to decode what will not be seen.
        scratch, reader = DecodeScratch(), reader_of(self.jpeg_decoder, "exact", memory=0)
        columns = {name: np.asarray(values) for name, values in rows.items()}
        self._check_padded(columns)
        for start in range(0, len(next(iter(columns.values()), ())), self.at_once):
            some = {name: values[start : start + self.at_once] for name, values in columns.items()}
            made = self._made(some, scratch, reader)
            if reader is not None:
                reader.tend()
            yield made

    def _check_padded(self, rows: RowBlock) -> None:
        """Refuse pictures and views that Ray may have padded, as their columns as a whole show it."""
        views = (name for name in self.targets if self.targets[name].picture)
        for name in {self.image, *views} & rows.keys():
            check_block(rows[name], name)

    def _made(self, rows: RowBlock, scratch: DecodeScratch, reader: WindowReader | None) -> RowBlock:
        """Some rows, by one plan."""
        keys, source = self._keys(rows), self._source(rows)
        names = [_name(rows, n) for n in range(len(keys))]
        fields = {name: rows[name] for name in rows if name not in (*OWN, source) and self._is_field(name, rows[name])}
        pictures, leaves = [], []
        for n, name in enumerate(names):
            with _Noted(name):
                pictures.append(picture(rows[source][n], name, self.mode, self.dtype))
                sample = {field: plain(values[n]) for field, values in fields.items()}
                for field in sample.keys() & self.targets:
                    if self.targets[field].picture:
                        check_unpadded(sample[field], field)
                leaves.append(self.targets.read(sample, pictures[n].size))
                if "label" in rows and "label" not in fields:
                    self.targets["label"].read(plain(rows["label"][n]), pictures[n].size, "label")
        plan = self._plan(keys, names, pictures, leaves if fields else [])
        images = empty_batch(plan.shapes, plan.dtype)
        for n, name in enumerate(names):
            with _Noted(name):
                plan.run(n, pixels(pictures[n], plan, n, scratch.of(pictures[n].nbytes), reader), images[n])
        gone = self.image, "bytes" if source == "bytes" else self.image
        carried = {name: values for name, values in rows.items() if name not in fields and name not in gone}
        labels = self._collated([plan.carry(n).fields for n in range(len(names))], names) if fields else {}
        twice = [name for name in labels if name in carried]
        if twice:
            raise InputError(
                f"rows have a column {twice[0]!r}, which says of padded rows which instances are there; rename it"
            )
        return {**carried, **labels, self.image: column(images)}

    def _keys(self, rows: RowBlock) -> Keys:
        if "id" not in rows:
            raise InputError(
                f"rows need a column `id`, a number of its own for each, on which the draws hang; got {list(rows)}. "
                "rows(source) has one; else add what never changes for a picture, as a hash of its path"
            )
        return Keys.at(self.seed, rows.get("epoch", self.epoch), rows["id"], rows.get("variation", 0))

    def _source(self, rows: RowBlock) -> str:
        """The column that the pictures are taken from."""
        for name in (self.image, "bytes", "path"):
            if name in rows:
                return name
        raise InputError(f"rows need their pictures in {self.image!r}, `bytes` or `path`, got {list(rows)}")

    def _is_field(self, name: str, values: NDArray[Any]) -> bool:
        """Whether a column goes through the plan, where one that nobody declared is refused."""
        if name in self.targets:
            return not self.targets[name].passed_on
        return may_lie_on_pictures(values)

    def _plan(self, keys: Keys, names: list[str], pictures: list[RayPicture], leaves: list[Any]) -> Any:
        kind = kind_of_all({(each.channels, each.dtype): n for n, each in enumerate(pictures)}, names.__getitem__)
        sizes = np.array([each.size for each in pictures], np.int64)
        augment = Identity() if self.augment is None else self.augment
        return augment.plan(keys, sizes, *kind, leaves, self.targets)

    def _collated(self, samples: list[Any], names: list[str]) -> RowBlock:
        if isinstance(self.collate, Padded):
            made = pad(self.targets, samples, self.collate, names.__getitem__).fields
        else:
            made = collate(self.targets, samples)
        return {name: column(values) for name, values in made.items()}

    def __repr__(self) -> str:
        return f"Augment({self.augment!r}, seed={self.seed}, epoch={self.epoch})"


def _checked(form: Literal["list"] | Padded) -> Literal["list"] | Padded:
    """How instances stand in a row, if it is the same for a row in any block."""
    if isinstance(form, Padded) and (form.most is None or form.overflow != "error"):
        raise FieldError(
            f"Augment.collate needs a number of places that is the same for every block, and cannot count what is "
            f"dropped: Padded(most=M), got {form!r}"
        )
    if not isinstance(form, Padded) and form != "list":
        raise FieldError(f'Augment.collate is "list" or Padded(most=M), got {form!r}')
    return form


def _name(rows: RowBlock, n: int) -> str:
    """What leads a user to a row."""
    return str(rows["path"][n]) if "path" in rows else f"the row with id {rows['id'][n]}"


class _Noted:
    """Adds to an error that leaves it which row was being made."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None and not isinstance(error, DecodeError):  # which names its path itself
            error.add_note(f"variegate: this was in making {self._name}")
