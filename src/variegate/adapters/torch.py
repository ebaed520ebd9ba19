"""PyTorch: a loader's batches as tensors, and pipelines inside `torch.utils.data.DataLoader`.

The whole stream by Variegate's threads, without worker processes:

    import variegate.adapters.torch as vt
    for batch in vt.Loader(vg.Loader(source, augment, batch_size=64, seed=0)):
        loss = criterion(model(batch["image"]), batch["label"])

As the transform of a data set you have, with fresh numbers every time:

    dataset = torchvision.datasets.ImageFolder("photos", transform=vt.Transform(augment))
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...

The same, with numbers that can be drawn again:

    dataset = vt.KeyedDataset(torchvision.datasets.ImageFolder("photos"), augment, seed=0)
    dataset.set_epoch(3)
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from variegate.errors import InputError
from variegate.key import Key, Keys
from variegate.loader import Loader as _Loader
from variegate.pipeline import Compose

try:
    import torch
    from torch.utils.data import Dataset
except ImportError as error:
    raise ImportError('variegate.adapters.torch needs PyTorch: pip install "variegate[torch]"') from error

MODES = ("RGB", "L", "RGBA")  # of Pillow's: those whose bytes are colours


class Loader:
    """The batches of a loader, as dicts of tensors that share the batch's memory.

    loader  its pipeline writes what the model takes; end it with Normalize(layout="CHW")

    Each pass is the next epoch. A batch has `image`, (B, ...) or a list of tensors where shapes differ; `label`, absent
    if the source has none (integers as int64; a list where they are no numbers); `index`, int64; and `id`, uint64.

    >>> from variegate.loader import Arrays
    >>> source = Arrays(np.zeros((5, 4, 4, 3), np.uint8), labels=[0, 1, 0, 1, 0])
    >>> for batch in Loader(_Loader(source, batch_size=4, workers=0)):
    ...     print(tuple(batch["image"].shape), batch["label"].dtype)
    (4, 4, 4, 3) torch.int64
    (1, 4, 4, 3) torch.int64
    """

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        batches = self.loader.epoch(self.epoch)
        self.epoch += 1
        return map(_tensors, batches)


def _tensors(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch with tensors for arrays; the memory stays the batch's."""
    made: dict[str, Any] = {
        name: torch.from_numpy(value) for name, value in batch.items() if isinstance(value, np.ndarray)
    }
    if isinstance(batch["image"], list):
        made["image"] = [torch.from_numpy(image) for image in batch["image"]]
    return {name: made.get(name, value) for name, value in batch.items()}


class Transform:
    """A pipeline as a callable: one picture to a tensor, with fresh numbers at every call.

    A picture is a PIL image (RGB, L or RGBA), an array (H, W) or (H, W, C), or a tensor (H, W) or (C, H, W); arrays and
    tensors are uint8 (white at 255) or float32 (white at 1). The tensor has the layout and dtype that the pipeline
    writes, so end it with Normalize(layout="CHW").

    No two calls draw the same numbers, in whatever worker process, forked or spawned. An EXIF orientation is not looked
    at, as PIL.Image.open does not either; PIL.ImageOps.exif_transpose turns a picture upright.

    >>> from variegate.ops import Normalize, Rotate
    >>> transform = Transform(Compose([Rotate((-30, 30)), Normalize(layout="CHW")]))
    >>> transform(np.zeros((8, 6, 3), np.uint8)).shape
    torch.Size([3, 8, 6])

    Raises  InputError if the picture is none of these.
    """

    def __init__(self, augment: Compose) -> None:
        self.augment = augment

    def __call__(self, image: Any) -> torch.Tensor:
        return torch.from_numpy(self.augment(_picture(image)))

    def __repr__(self) -> str:
        return f"Transform({self.augment!r})"


class KeyedDataset(Dataset[Any]):
    """A map-style data set whose pictures are augmented by number: sample i of an epoch is the same for ever.

    dataset  gives a picture (see Transform), a tuple or list that begins with one, or a dict with one under "image"
    seed     any integer
    ids      (N,), the sample ids by index, such as `source.ids` of a vg.ImageFolder; None: the index, as in vg.Arrays.
             With the same seed, ids and pictures the bytes are those of vg.Loader

    `set_epoch` between two passes reaches worker processes that are already there (persistent_workers=True) too.

    >>> from variegate.ops import Rotate
    >>> pictures = [np.full((8, 8, 3), i, np.uint8) for i in range(4)]
    >>> dataset = KeyedDataset(pictures, Compose([Rotate((-30, 30))]), seed=7)
    >>> dataset.set_epoch(3)
    >>> torch.equal(dataset[2], dataset[2])
    True

    Raises  InputError if ids are not as many as the samples.
    """

    def __init__(self, dataset: Any, augment: Compose, seed: int = 0, ids: ArrayLike | None = None) -> None:
        self.dataset, self.augment, self.seed = dataset, augment, seed
        self.ids = None if ids is None else np.asarray(ids, np.uint64)
        if self.ids is not None and len(self.ids) != len(dataset):
            raise InputError(f"{len(self.ids)} ids for {len(dataset)} samples; give one a sample")
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]  # seen by every worker process

    @property
    def epoch(self) -> int:
        """The epoch whose numbers are drawn."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Draw the numbers of `epoch` from now on.

        Raises  InputError if it is not in 0 to 2**32 - 1.
        """
        self._epoch.fill_(Key(epoch=epoch).epoch)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        sample = self.dataset[index]
        key = Key(self.seed, self.epoch, int(self._ids([index])[0]))
        return _with_image(sample, self.augment(_picture(_image(sample)), key=key))

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several samples at once, as DataLoader asks for a batch: the same bytes, drawn and planned together."""
        samples = [self.dataset[index] for index in indices]
        pictures = [_picture(_image(sample)) for sample in samples]
        if len({(picture.shape[2:], picture.dtype) for picture in pictures}) > 1:  # no one plan fits them
            return [self[index] for index in indices]
        images = self.augment.batch(pictures, keys=Keys.at(self.seed, self.epoch, self._ids(indices)))
        if pictures and pictures[0].ndim == 2 and images[0].shape[2:] == (1,):
            images = [image[:, :, 0] for image in images]
        return [_with_image(sample, image) for sample, image in zip(samples, images, strict=True)]

    def _ids(self, indices: Sequence[int]) -> NDArray[np.uint64]:
        places = np.asarray(indices, np.int64) % max(1, len(self))  # so that -1 is the last
        return places.astype(np.uint64) if self.ids is None else self.ids[places]


def _image(sample: Any) -> Any:
    if isinstance(sample, dict):
        return sample["image"]
    return sample[0] if isinstance(sample, (tuple, list)) else sample


def _with_image(sample: Any, image: NDArray[Any]) -> Any:
    """The sample, with the augmented picture in the old one's place."""
    tensor = torch.from_numpy(image)
    if isinstance(sample, dict):
        return {**sample, "image": tensor}
    return (tensor, *sample[1:]) if isinstance(sample, (tuple, list)) else tensor


def _picture(image: Any) -> NDArray[Any]:
    """A PIL image, an array or a tensor as an array (H, W) or (H, W, C)."""
    if isinstance(image, Image.Image):
        if image.mode not in MODES:
            raise InputError(f'a PIL image is of mode {", ".join(MODES)}, got "{image.mode}"; use image.convert("RGB")')
        return np.asarray(image)
    if isinstance(image, torch.Tensor):
        if image.ndim not in (2, 3):
            raise InputError(f"a tensor of a picture is (H, W) or (C, H, W), got {tuple(image.shape)}")
        array: NDArray[Any] = image.detach().cpu().numpy()
        return array if array.ndim == 2 else array.transpose(1, 2, 0)
    if isinstance(image, np.ndarray):
        return image
    raise InputError(f"a picture is a PIL image, an array (H, W, C) or a tensor (C, H, W), got {type(image).__name__}")
