"""Source: samples by position, each with an id of its own; Subset, some samples of one; Joined, those of several.

Long, because a source makes the others of itself.
"""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from variegate.arguments import is_whole, whole
from variegate.draw.display import Displayed
from variegate.errors import InputError, SourceError
from variegate.loader.decode import check_pixel_format, open_image
from variegate.loader.hash import mixed
from variegate.loader.source.division import division, positions_of
from variegate.loader.source.multi_hot import MultiHot, SourceLabels, joined_labels, labels_at
from variegate.picture import MOST_PIXELS

if TYPE_CHECKING:
    from variegate.loader.decode import Encoded
    from variegate.targets import Targets

Ids = NDArray[np.uint64]
Room = Callable[[int], memoryview]  # so many bytes to write to


def fresh(size: int) -> memoryview:
    """A `Room` of nobody's: memory of its own for each part."""
    return memoryview(bytearray(size))


class Source(Displayed, ABC):
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

    def split(
        self,
        fraction: float,
        seed: int = 0,
        *,
        stratify: bool | Sequence[Any] = False,
        groups: Sequence[Any] | None = None,
    ) -> tuple[Subset, Subset]:
        """Two subsets without a common sample: round(fraction * len) samples, and the rest.

        Which sample goes where hangs on (seed, id) alone: by the hash of the two, the smallest go to the first. So the
        split is the same on every machine, and a file added later moves at most a few others across.

        fraction  above 0 and below 1
        stratify  True: the same fraction of each label; or of each of these classes, one a sample
        groups    one a sample, as whose picture it is: a group goes to one side as a whole, and the first side is as
                  near to the fraction as whole groups, in an order of hashes, come

        >>> import numpy as np
        >>> from variegate.loader import Arrays
        >>> source = Arrays(np.zeros((8, 4, 4), np.uint8), labels=[0, 0, 0, 0, 0, 0, 1, 1])
        >>> train, valid = source.split(0.5, stratify=True)
        >>> sorted(train.labels.tolist()), sorted(valid.labels.tolist())
        ([0, 0, 0, 1], [0, 0, 0, 1])

        Raises  SourceError if one of the two would be empty, or stratify or groups are not one a sample.
        """
        if not 0 < fraction < 1:
            raise SourceError(f"split takes a fraction above 0 and below 1, got {fraction!r}")
        one, other = division(self.ids, seed, self.labels, stratify, groups).two(fraction)
        return Subset(self, one), Subset(self, other)

    def folds(
        self, count: int, seed: int = 0, *, stratify: bool | Sequence[Any] = False, groups: Sequence[Any] | None = None
    ) -> list[tuple[Subset, Subset]]:
        """So many pairs of subsets, to train and to validate: each sample is in the second of one pair alone.

        stratify, groups  as of `split`; groups are dealt largest first, so that parts are even

        >>> import numpy as np
        >>> from variegate.loader import Arrays
        >>> source = Arrays(np.zeros((6, 4, 4), np.uint8))
        >>> [(len(train), len(valid)) for train, valid in source.folds(3)]
        [(4, 2), (4, 2), (4, 2)]

        Raises  SourceError if one would be empty, or stratify or groups are not one a sample.
        """
        count = whole(count, "folds takes a number, which", 2, error=SourceError)
        parts = division(self.ids, seed, self.labels, stratify, groups).several(count)
        rest = (np.sort(np.concatenate([*parts[:k], *parts[k + 1 :]])) for k in range(count))
        return [(Subset(self, train), Subset(self, part)) for train, part in zip(rest, parts, strict=True)]

    def __getitem__(self, which: Any) -> Any:
        """A sample, decoded, of one position; of a slice, positions or an array of bools, a Subset.

        >>> import numpy as np
        >>> from variegate.loader import Arrays
        >>> source = Arrays(np.zeros((6, 4, 5), np.uint8), labels=[0, 1, 2, 3, 4, 5])
        >>> source[:100:2].labels, source[-1]["image"].shape, source[-1]["label"]
        (array([0, 2, 4]), (4, 5, 1), np.int64(5))

        Raises  IndexError if there is no such position; SourceError if it is none.
        """
        if is_whole(which):
            return self._decoded(range(len(self))[which])
        return Subset(self, positions_of(which, len(self)))

    def _decoded(self, i: int) -> dict[str, Any]:
        data, fields = self.sample(i, fresh)
        if isinstance(data, bytes | memoryview):
            data = self.header(i, data).decode()
        return {"image": data, **fields, **({} if self.labels is None else {"label": self.labels[i]})}

    def __add__(self, other: Source) -> Joined:
        """The samples of both, these first."""
        if not isinstance(other, Source):
            return NotImplemented
        return Joined([self, other])


class Relayed(Source):
    """A source whose samples are those of others, wherever they stand there."""

    @abstractmethod
    def at(self, i: int) -> tuple[Source, int]:
        """The source of the sample at position i, and its position there."""

    def fields(self, i: int) -> dict[str, Any]:
        source, place = self.at(i)
        return source.fields(place)

    def read(self, i: int) -> bytes | NDArray[Any]:
        """The sample at position i."""
        source, place = self.at(i)
        return source.read(place)

    def read_into(self, i: int, room: Room) -> bytes | memoryview | NDArray[Any]:
        """The same, in memory from `room` where its source can."""
        source, place = self.at(i)
        return source.read_into(place, room)

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview | NDArray[Any], dict[str, Any]]:
        source, place = self.at(i)
        return source.sample(place, room)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        source, place = self.at(i)
        return source.size_of_labels(place)

    def check_size(self, i: int, size: tuple[int, int], said: tuple[int, int] | None) -> None:
        source, place = self.at(i)
        source.check_size(place, size, said)

    def stamp(self, i: int) -> int | None:
        source, place = self.at(i)
        return source.stamp(place)

    def where(self, i: int) -> str:
        """The path of the sample at position i."""
        source, place = self.at(i)
        return source.where(place)


class Subset(Relayed):
    """The samples of `source` at these positions, in this order.

    positions  0 to len(source) - 1, each at most once

    >>> from variegate.loader import Arrays
    >>> Subset(Arrays(np.zeros((4, 8, 8), np.uint8), labels=[0, 1, 0, 1]), [3, 0]).labels
    array([1, 0])

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

    def at(self, i: int) -> tuple[Source, int]:
        """The source, and the position in it."""
        return self.source, int(self.positions[i])

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.source!r}>"


class Joined(Relayed):
    """The samples of several sources, one after the other; `source + other` makes one.

    sources  two or more

    The ids of the first source stay, and so do its draws; those of the others are hashed with their place in the row,
    as sources count or hash alike. A source that is joined behind others has other numbers than alone.

    >>> from variegate.loader import Arrays
    >>> one = Arrays(np.zeros((3, 4, 4), np.uint8), labels=[0, 1, 2])
    >>> other = Arrays(np.ones((2, 4, 4), np.uint8), labels=[1, 2])
    >>> len(one + other), (one + other).labels, (one + other)[3]["image"].max()
    (5, array([0, 1, 2, 1, 2]), np.uint8(1))

    Raises  SourceError if the sources differ in mode, dtype, classes, targets, or in whether they have labels.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        parts = [part for source in sources for part in (source.sources if type(source) is Joined else [source])]
        self.sources: list[Source] = parts
        first = parts[0]
        for item in ("mode", "dtype", "classes", "targets"):
            for other in parts[1:]:
                one, two = _told(getattr(first, item)), _told(getattr(other, item))
                if one != two:
                    raise SourceError(f"sources that are joined have one {item}, got {one!r:.200} and {two!r:.200}")
        self.mode, self.dtype, self.classes, self.targets = first.mode, first.dtype, first.classes, first.targets
        self.held = all(part.held for part in parts)
        self.ids = np.concatenate([first.ids, *(_moved(part.ids, n) for n, part in enumerate(parts[1:], 1))])
        self.labels = joined_labels([part.labels for part in parts])
        self._ends = np.cumsum([len(part) for part in parts])

    def at(self, i: int) -> tuple[Source, int]:
        """The source of a position, and the position in it."""
        n = int(np.searchsorted(self._ends, i, side="right"))
        return self.sources[n], i - int(self._ends[n - 1] if n else 0)

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hex digest of those of the sources."""
        return hashlib.blake2b("+".join(part.fingerprint for part in self.sources).encode(), digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.sources))


def _told(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, np.ndarray)) else value


def _moved(ids: Ids, n: int) -> Ids:
    """Ids of the n-th source of several."""
    return mixed(ids ^ mixed(np.array([n], np.uint64)))
