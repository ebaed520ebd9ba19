"""KeyedDataset: a map-style data set whose numbers hang on a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import Dataset

from variegate.adapters.torch.sample import Apart, Form, apart
from variegate.adapters.torch.samples import Samples
from variegate.errors import FieldError, InputError
from variegate.key import Key, Keys
from variegate.loader.source.base import Source
from variegate.pipeline import Compose
from variegate.targets import Targets
from variegate.targets.agreed import agreed
from variegate.targets.names import element_names


class KeyedDataset(Dataset[Any]):
    """A map-style data set whose samples are augmented by number: sample i of an epoch is the same for ever.

    dataset  gives a picture; a dict with one under "image"; a tuple of one and a dict of labels; or a tuple that begins
             with one (see Transform). Or it is a source, as a vg.ImageFolder: its samples are dicts
    seed     any integer
    ids      (N,), the sample ids by index; None: those of a source, else the index, as in vg.Arrays. With the same
             seed, ids and samples the bytes, and the labels, are those of vg.Loader
    names    of the elements of samples that are tuples: ("image", "mask")

    Under a vt.Sampler an index says which epoch and which variation is asked for. Else the epoch is the one set here:
    `set_epoch` between two passes reaches worker processes that are already there (persistent_workers=True) too.

    >>> from variegate.ops import Rotate
    >>> pictures = [np.full((8, 8, 3), i, np.uint8) for i in range(4)]
    >>> dataset = KeyedDataset(pictures, Compose([Rotate((-30, 30))]), seed=7)
    >>> dataset.set_epoch(3)
    >>> torch.equal(dataset[2], dataset[2])
    True

    Raises  InputError if ids are not as many as the samples; FieldError if names cannot be, or ops mix samples.
    """

    def __init__(
        self,
        dataset: Any,
        augment: Compose,
        seed: int = 0,
        ids: ArrayLike | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        augment.alone("KeyedDataset", "vt.Loader(vg.Loader(dataset, augment, batch_size=64))")
        if isinstance(dataset, Source):
            ids = dataset.ids if ids is None else ids
            augment = replace(augment, targets=agreed(dataset.targets or Targets(), augment.known))
            dataset = Samples(dataset)
        self.dataset, self.augment, self.seed, self.names = dataset, augment, seed, element_names(names, FieldError)
        self.ids = None if ids is None else np.asarray(ids, np.uint64)
        if self.ids is not None and len(self.ids) != len(dataset):
            raise InputError(f"{len(self.ids)} ids for {len(dataset)} samples; give one a sample")
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]  # seen by every worker process

    @property
    def epoch(self) -> int:
        """The epoch whose numbers are drawn for an index that says none."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Draw the numbers of `epoch` from now on.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        self._epoch.fill_(Key(epoch=epoch).epoch)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return self._alone(index, self._apart(index))

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several samples at once, as DataLoader asks for a batch: the same bytes, drawn and planned together."""
        samples = [self._apart(index) for index in indices]
        if len({_kind(sample) for sample in samples}) != 1:  # no one plan fits them
            return [self._alone(index, sample) for index, sample in zip(indices, samples, strict=True)]
        columns = {name: [sample.fields[name] for sample in samples] for name in samples[0].fields}
        made = self.augment.batch(keys=self._keys(indices), **columns)
        return [sample.together({name: made[name][n] for name in made}) for n, sample in enumerate(samples)]

    def _apart(self, index: int) -> Apart:
        return apart(self.dataset[index], Form.of(self.augment, front=False), self.names)

    def _alone(self, index: int, sample: Apart) -> Any:
        return sample.together(self.augment(key=self._keys([index])[0], **sample.fields))

    def _keys(self, indices: Sequence[int]) -> Keys:
        now = self.epoch
        epochs = [getattr(index, "epoch", now) for index in indices]
        return Keys.at(self.seed, epochs, self._ids(indices), [getattr(index, "variation", 0) for index in indices])

    def _ids(self, indices: Sequence[int]) -> NDArray[np.uint64]:
        places = np.asarray(indices, np.int64) % max(1, len(self))  # so that -1 is the last
        return places.astype(np.uint64) if self.ids is None else self.ids[places]


def _kind(sample: Apart) -> tuple[Any, ...]:
    """What the samples of one plan share."""
    image = sample.fields["image"]
    return frozenset(sample.fields), image.shape[2:], image.dtype
