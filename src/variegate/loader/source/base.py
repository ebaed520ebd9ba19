"""Source: samples by position, each with an id of its own; and Subset, some samples of one."""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.errors import InputError, SourceError
from variegate.loader.decode import check_pixel_format, open_image
from variegate.loader.hash import digest, mixed
from variegate.loader.source.multi_hot import MultiHot
from variegate.picture import MOST_PIXELS

if TYPE_CHECKING:
    from variegate.loader.decode import Encoded
    from variegate.targets import Targets

Ids = NDArray[np.uint64]
SourceLabels: TypeAlias = "NDArray[Any] | Sequence[Any] | MultiHot"
Room = Callable[[int], memoryview]  # so many bytes to write to


def fresh(size: int) -> memoryview:
    """A `Room` of nobody's: memory of its own for each part."""
    return memoryview(bytearray(size))


class Source(ABC):
    """Samples by position, 0 to len - 1: an id, a label, and an encoded or a decoded picture.

    ids      (N,) uint64: what the draws of a sample hang on. A sample keeps its id in every subset
    labels   one a sample: an array (integers as int64), rows of 0 and 1, or a list of anything else; None where there
             are none
    classes  the names of the integer labels; empty where they have none
    mode     into what an encoded picture is decoded: "RGB", "L", "RGBA" or "bands", all that its file has
    dtype    of what it is decoded into: "uint8", "uint16" or "float32"; an array is what it is
    held     whether the pictures are in memory already, so that a cache is of no use
    targets  what the fields beside the picture are: boxes and their format, masks, ...; None where there are none

    A source is read from several threads at once and pickled to other processes, so it holds nothing open. A source of
    your own has `ids`, `read` and `where`, and sets or defines the rest where it applies.

    Whatever a source of your own raises is a bad sample, but for what tells that something is lacking now: MemoryError,
    ConnectionError, TimeoutError, ResourceError, and an OSError of open files, memory or the network. That the loader
    tries again for some seconds, and then raises; a library that is missing (ImportError) it raises at once.
    """

    ids: Ids
    labels: SourceLabels | None = None
    classes: Sequence[str] = ()
    mode: str = "RGB"
    dtype: str = "uint8"
    held: bool = False
    targets: Targets | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def id(self, i: int) -> int:
        """The id of the sample at position i."""
        return int(self.ids[i])

    def label(self, i: int) -> Any:
        """The label of the sample at position i, or None."""
        return None if self.labels is None else self.labels[i]

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i beside its picture and `label`, as `targets` declares them.

        They lie on the picture as it is decoded: upright, whatever its EXIF orientation.

        Raises  DecodeError or InputError, with the path, if they cannot be read or are not of this picture.
        """
        return {}

    @abstractmethod
    def read(self, i: int) -> bytes | NDArray[Any]:
        """The sample at position i: the bytes of a picture file, or an array (height, width, channels).

        Raises  DecodeError, with the path, if it cannot be read.
        """

    def read_into(self, i: int, room: Room) -> bytes | memoryview | NDArray[Any]:
        """What `read` gives, or the same bytes in memory from `room`, which the loader uses again and again.

        A source of your own may leave this as it is.
        """
        return self.read(i)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """(height, width) of the upright picture for which the fields at position i were made, if anything says so.

        Whoever brings a picture and its fields together calls `check_size` first: `sample`, and the loader, whether
        the picture comes from a file or out of a cache.
        """
        return None

    def check_size(self, i: int, size: tuple[int, int], said: tuple[int, int] | None) -> None:
        """Refuse a picture of a size, (height, width), at position i, of which `size_of_labels` said another.

        Raises  InputError that says what may be meant.
        """
        if said is None or said == size:
            return
        why = f"they belong to another picture, or to this one before it was resized; make them anew{self._other_size}"
        if said == size[::-1]:
            why = (
                "labels lie on the picture as it stands upright, after the turn that its EXIF orientation asks for; "
                "turn the labels, or save the picture without that orientation"
            )
        raise InputError(
            f"{self.where(i)}: the picture is {size[0]} x {size[1]} (height x width), its labels are for "
            f"{said[0]} x {said[1]}: {why}"
        )

    _other_size = ""  # what may be meant by labels of another size, beside

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview | NDArray[Any], dict[str, Any]]:
        """The picture and the fields of the sample at position i, which belong together.

        A source that gets both from one access replaces this, and the loader makes one access.

        Raises  as `read`, `check_size` and `fields`.
        """
        picture, said = self.read_into(i, room), self.size_of_labels(i)
        if said is not None:
            encoded = isinstance(picture, bytes | memoryview)
            size = self.header(i, picture).size if encoded else np.shape(picture)[:2]  # type: ignore[arg-type]
            self.check_size(i, size, said)
        return picture, self.fields(i)

    def _decode_into(self, mode: Any, dtype: Any) -> None:
        """Say into what encoded pictures are decoded.

        Raises  SourceError if there is no such mode or dtype.
        """
        self.mode, self.dtype = check_pixel_format(mode, dtype, type(self).__name__, SourceError)

    def header(self, i: int, data: bytes | memoryview, max_pixels: int = MOST_PIXELS) -> Encoded:
        """The picture at position i, of which `data` are the bytes of the file, to be decoded as this source says.

        Raises  DecodeError, with the path, if it cannot be.
        """
        return open_image(data, self.where(i), self.mode, max_pixels, self.dtype)

    def stamp(self, i: int) -> int | None:
        """A number that changes when the picture at position i does, as its file's date; None where nothing tells."""
        return None

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hex digest of what the samples are: their ids and order, into what they are decoded, and their targets.

        The contents of files are not read.
        """
        told = type(self).__name__, self.mode, self.dtype, self.targets
        found = hashlib.blake2b(repr(told).encode(), digest_size=16)
        found.update(np.asarray(self.ids, "<u8").tobytes())
        return found.hexdigest()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "read" in vars(cls) and "read_into" not in vars(cls):
            cls.read_into = Source.read_into  # type: ignore[method-assign]  # who replaces one replaces both

    @abstractmethod
    def where(self, i: int) -> str:
        """The path of the sample at position i, or what else leads a user to it; for errors."""

    @property
    def _unusual(self) -> str:
        """The dtype where it is not the usual one; for `repr`."""
        return "" if self.dtype == Source.dtype else f", dtype={self.dtype!r}"

    def split(self, fraction: float, seed: int = 0) -> tuple[Subset, Subset]:
        """Two subsets without a common sample: round(fraction * len) samples, and the rest.

        Which sample goes where hangs on (seed, id) alone: by the hash of the two, the smallest go to the first. So the
        split is the same on every machine, and a file added later moves at most a few others across.

        fraction  above 0 and below 1

        Raises  SourceError if one of the two would be empty.
        """
        if not 0 < fraction < 1:
            raise SourceError(f"split takes a fraction above 0 and below 1, got {fraction!r}")
        first = round(fraction * len(self))
        if not 0 < first < len(self):
            raise SourceError(f"a split of {len(self)} samples at {fraction} leaves one side empty")
        key = np.frombuffer(digest("split", seed), "<u8").astype(np.uint64)
        rank = np.argsort(mixed(key + mixed(key ^ self.ids)), kind="stable")
        return Subset(self, np.sort(rank[:first])), Subset(self, np.sort(rank[first:]))


class Subset(Source):
    """The samples of `source` at these positions, in this order.

    positions  0 to len(source) - 1, each at most once

    Raises  SourceError if a position is out of range or comes twice.
    """

    def __init__(self, source: Source, positions: ArrayLike) -> None:
        self.positions = np.array(positions, np.int64).reshape(-1)
        if self.positions.size and not 0 <= self.positions.min() <= self.positions.max() < len(source):
            raise SourceError(
                f"the positions of a subset lie in 0 to {len(source) - 1}, got {self.positions.min()} to "
                f"{self.positions.max()}"
            )
        if len(np.unique(self.positions)) < len(self.positions):
            raise SourceError("a position of a subset comes twice; an epoch has each sample once")
        self.source = source
        self.ids = source.ids[self.positions]
        labels = source.labels
        if isinstance(labels, MultiHot):
            self.labels = labels.take(self.positions)
        else:
            self.labels = labels_at(labels, self.positions)
        self.classes, self.targets, self.held = source.classes, source.targets, source.held
        self.mode, self.dtype = source.mode, source.dtype

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i of the subset."""
        return self.source.fields(int(self.positions[i]))

    def read(self, i: int) -> bytes | NDArray[Any]:
        """The sample at position i of the subset."""
        return self.source.read(int(self.positions[i]))

    def read_into(self, i: int, room: Room) -> bytes | memoryview | NDArray[Any]:
        """The same, in memory from `room` where the source can."""
        return self.source.read_into(int(self.positions[i]), room)

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview | NDArray[Any], dict[str, Any]]:
        """The picture and the fields of the sample at position i of the subset."""
        return self.source.sample(int(self.positions[i]), room)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """What the source says of the fields at position i of the subset."""
        return self.source.size_of_labels(int(self.positions[i]))

    def check_size(self, i: int, size: tuple[int, int], said: tuple[int, int] | None) -> None:
        """What the source does at position i of the subset."""
        self.source.check_size(int(self.positions[i]), size, said)

    def stamp(self, i: int) -> int | None:
        """What the source says of the picture at position i of the subset."""
        return self.source.stamp(int(self.positions[i]))

    def where(self, i: int) -> str:
        """The path of the sample at position i of the subset."""
        return self.source.where(int(self.positions[i]))

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.source!r}>"


def labels_at(labels: SourceLabels | None, positions: NDArray[np.int64]) -> Any:
    """The labels at these positions: an array of an array or of rows of 0 and 1, a list of a list, None of None."""
    if labels is None:
        return None
    return labels[positions] if isinstance(labels, np.ndarray | MultiHot) else [labels[i] for i in positions]
