"""Sample: what has been read of one sample of a source, and what all of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.field_spec import FieldSpecs
from variegate.loader.decode import Encoded, Origin
from variegate.loader.labels import Labels
from variegate.loader.source.base import Source
from variegate.picture import with_channels
from variegate.targets.leaf import Leaves


class Decoded:
    """A picture that came as an array, with the face of an encoded one.

    size   (height, width); of a cached picture, those that it had before it was made smaller
    cached whether a cache has it, or has no use for it
    given  whether the source gave it so, and not a cache
    """

    __slots__ = ("cached", "channels", "dtype", "given", "image", "size")
    peak = 0  # bytes that decoding takes
    scaled = False

    def __init__(self, image: NDArray[Any], cached: bool, size: tuple[int, int] | None = None) -> None:
        self.image = with_channels(image)
        self.size, self.given = size or self.image.shape[:2], size is None
        self.channels, self.dtype, self.cached = self.image.shape[2], image.dtype, cached


@dataclass(slots=True)
class Sample:
    """A sample that has been read, its picture not decoded yet.

    place        its number among the places of the batch
    position     in the source
    variation    the first of its repeats
    file_bytes   of its file, until it is decoded
    plane_bytes  of its masks and views, which are there until the batch is made
    stamp        what the source said of its file before it was read, where somebody asks; see `Origin`
    tried        how many samples had stood in here before it
    """

    place: int
    position: int
    variation: int
    picture: Encoded | Decoded
    leaves: Leaves
    file_bytes: int
    plane_bytes: int = 0
    stamp: int | None = None
    tried: int = 0

    @property
    def origin(self) -> Origin:
        """Where its file is from."""
        return Origin(self.position, self.stamp)


class SampleSpec(NamedTuple):
    """What all samples of a source have in common.

    fields       names of labels
    channels     of the picture, and its dtype
    where        the sample that it was read off
    field_specs  what the labels are in all batches
    """

    fields: frozenset[str]
    channels: int
    dtype: np.dtype[Any]
    where: str
    field_specs: FieldSpecs

    @classmethod
    def of(cls, sample: Sample, where: str, field_specs: FieldSpecs) -> SampleSpec:
        """That of a sample."""
        return cls(frozenset(sample.leaves), sample.picture.channels, sample.picture.dtype, where, field_specs)

    def check(self, sample: Sample, source: Source, labels: Labels | None) -> None:
        """Whether a sample of a source is as this says.

        Raises  InputError that says in what it has not; or SourceError, of a label that is no class.
        """
        picture, place = sample.picture, source.where(sample.position)
        if sample.leaves.keys() != self.fields:
            raise InputError(
                f"{place}: all samples of a source have the same fields: this one has {sorted(sample.leaves)}, "
                f"{self.where} {sorted(self.fields)}. Give an empty value where there is nothing, as [] for boxes"
            )
        if (picture.channels, picture.dtype) != (self.channels, self.dtype):
            hint = '; mode="RGB" or "L" makes them alike' if source.mode == "bands" else ""
            raise InputError(
                f"{place}: the pictures of a source have one number of channels and one dtype: this one has "
                f"{picture.channels} {picture.dtype}, {self.where} {self.channels} {self.dtype}{hint}"
            )
        if labels is not None:
            labels.check(sample.leaves, sample.position, self.field_specs, picture.size)
