"""Dataset: a loader as a `keras.utils.PyDataset`, whose epochs follow those of Keras."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from variegate.adapters.keras.ahead import Ahead
from variegate.adapters.keras.call import Call, call_of
from variegate.adapters.keras.pair import Pair, Pairing
from variegate.errors import InputError, VariegateError
from variegate.loader import Loader


class Dataset(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of a loader, as (image, target), for `fit`, `evaluate` and `predict`.

    loader   its pipeline writes what the model takes: HWC, as Keras has it by default
    target   what the model is to give: the name of a field, "image" for an autoencoder; or a list of names, of outputs
             of the model that are called so. None: the label; or the only field there is, as a mask; of more a dict
    sample_weight  the name of a field of one number a sample, or of one a pixel, by which Keras weighs the losses
    epoch    the loader's epoch that the first `fit` begins with, unless it is given `initial_epoch`. None: that of the
             loader's next pass: 0, or where `loader.resume` has brought it before the dataset is made
    endless  one pass goes on over epoch after epoch of the loader, for a `steps_per_epoch` beyond the length of one;
             `fit` then takes steps_per_epoch, and `evaluate` and `predict` take steps
    options  `workers`, `use_multiprocessing` and `max_queue_size` of PyDataset. By default the loader's own threads
             work ahead, and Keras' workers are of no use; with more than one of them, each makes whole batches

    A new pass over the data is a new epoch. `fit(initial_epoch=k)` begins with epoch k, and so does a `fit` that
    BackupAndRestore brings back to k; a `fit` that begins at 0 goes on with the first epoch that none has begun. With
    `steps_per_epoch` a pass spans several of Keras' epochs, and `initial_epoch` counts these; of an endless dataset it
    spans all of a fit's. `evaluate`, `predict` and `validation_data` stay at the epoch where the dataset is. The order
    is the loader's: the `shuffle=True` of `fit`, which would only mix whole batches, by numbers that nobody can draw
    again, is switched off. Keras asks for batches ahead of the model, so `loader.state()` does not follow: a run goes
    on by `initial_epoch`.

    Where samples have several fields, a batch is (image, dict): each field by its name, as an output of the model is
    called, and `label` where there is one. A label as a row of 0 and 1 is the loader's: vg.Loader(..., one_hot=True).
    What instances have needs a loader with collate=Padded(...), and comes with
    the `valid` of its group; masks need nothing.

    `dataset[i]` is batch i of `dataset.epoch`, which may be set; `on_epoch_end()` in a loop of your own adds one.

    >>> import numpy as np
    >>> from variegate import Arrays, Compose, Rotate
    >>> digits = Arrays(np.zeros((6, 8, 8, 1), np.uint8), labels=[0, 1, 2, 0, 1, 2])
    >>> train = Dataset(Loader(digits, Compose([Rotate((-9, 9))]), batch_size=4))
    >>> image, label = train[0]
    >>> len(train), image.shape, label.shape
    (2, (4, 8, 8, 1), (4,))

    Raises  FieldError if target or sample_weight is no name; InputError if the loader was resumed within an epoch, as
            the epochs of Keras are whole; from `fit` if its steps_per_epoch are more than a pass has, which is not
            endless; from the batch where it is met, if pictures differ in size, or a field is no
            array.
    """

    def __init__(
        self,
        loader: Loader,
        epoch: int | None = None,
        *,
        target: str | Sequence[str] | None = None,
        sample_weight: str | None = None,
        endless: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.loader, self.pairing, self.endless = loader, Pairing.of(target, sample_weight), bool(endless)
        self.epoch = _next_epoch(loader) if epoch is None else epoch
        self._first, self._offset, self._begun = 0, 0, False
        self._forget()

    def _forget(self) -> None:
        """What is never taken to another process."""
        self._ahead: Ahead | None = None  # the pass that Keras is at
        self._building = False  # whether Keras has begun an epoch only to build the model

    def __len__(self) -> int:
        return len(self.loader)

    @property
    def num_batches(self) -> int | None:
        """How many batches a pass has, for Keras; None: it is endless."""
        return None if self.endless else len(self)

    @property
    def epoch(self) -> int:
        """The loader's epoch that `dataset[i]` is of."""
        return self._base // len(self)

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._base = epoch * len(self)  # the place of dataset[0] in the endless row of all epochs' batches
        self._fresh = epoch  # the first epoch that no fit has begun

    def __getitem__(self, index: int) -> Pair:
        if index < 0 or (index >= len(self) and not self.endless):
            raise IndexError(f"a dataset of {len(self)} batches has no batch {index}")
        return self.pairing.pair(self._batch(self._base + index))

    def __iter__(self) -> Iterator[Pair]:
        return map(self.pairing.pair, self.loader.epoch(self.epoch))

    def _batch(self, place: int) -> dict[str, Any]:
        """The batch at a place: from the loader's threads while batches are asked for in order, else made here."""
        ahead = self._ahead
        batch = None if ahead is None else ahead.take(place)
        return self.loader.batch(*divmod(place, len(self))) if batch is None else batch

    def _begin(self, call: Call | None) -> None:
        """A pass begins, for which the loader's threads work."""
        self._end()
        if self._keras_works:
            return
        self._ahead = Ahead(self.loader, self._base, self.endless)
        if call is not None and call.callbacks is not None:
            self._ahead.until(call.callbacks)

    def _end(self) -> None:
        """The loader's threads have nothing more to do."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.end()

    def on_epoch_begin(self) -> None:
        """Called by Keras: take up its epoch."""
        call = call_of(self)
        if call is not None:
            self._check_steps(call)
        if call is not None and call.is_fit:
            if call.epoch is None:
                self._building = True
                return
            self._follow(call, call.epoch)
        else:
            self._begin(call)

    def on_epoch_end(self) -> None:
        """Called by Keras, or at the end of an epoch in a loop of your own: the next epoch."""
        call = call_of(self)
        if call is None:
            self.epoch += 1
        elif not call.is_fit:
            self._end()
        elif call.epoch is None:
            self._start(call)
        else:
            if call.epoch + 1 == call.epochs:
                self._end()
            if self._renewed(call, call.epoch + 1):
                # Keras' workers begin before on_epoch_begin, so the place is made ready here.
                self._base = self._where(call, call.epoch + 1)

    def _check_steps(self, call: Call) -> None:
        name = "steps_per_epoch" if call.is_fit else "steps"
        if self.endless and call.steps is None:
            raise InputError(
                f"an endless dataset needs {name}, such as {name}={len(self)}, all of the loader's batches"
            )
        if not self.endless and call.steps is not None and call.steps > len(self):
            raise InputError(
                f"{name}={call.steps} is more than the {len(self)} batches of a pass: write Dataset(loader, "
                "endless=True), which goes on with the loader's next epoch"
            )

    def _start(self, call: Call) -> None:
        """A fit is about to begin."""
        if self._building and self._keras_works:
            raise VariegateError(
                "Keras began an epoch only to build the model and its metrics, and its workers would hand those "
                "batches out again, in the wrong order. Leave workers=1: the loader has threads of its own"
            )
        self._building = self._begun = False
        self._aim(call, call.initial_epoch)

    def _aim(self, call: Call, first: int) -> None:
        self._first, self._offset = first, 0 if first else self._fresh
        self._base = self._where(call, first)

    def _follow(self, call: Call, epoch: int) -> None:
        """Keras begins an epoch of a fit."""
        if not self._begun and epoch != self._first:  # a callback brought the model back to where it was
            if self._keras_works:
                raise VariegateError(
                    f"fit goes on at epoch {epoch}, but Keras' workers began at {self._first}; pass "
                    f"initial_epoch={epoch}, or leave workers=1: the loader has threads of its own"
                )
            self._aim(call, epoch)
        self._begun = True
        if self._renewed(call, epoch):
            self._base = self._where(call, epoch)
            self._fresh = -(-self._base // len(self)) + 1
            self._begin(call)
        if self.endless:
            self._fresh = -(-self._where(call, epoch + 1) // len(self))

    def _renewed(self, call: Call, epoch: int) -> bool:
        """Whether Keras asks from dataset[0] on in this epoch; with steps_per_epoch it may still be at a pass."""
        return (epoch - self._first) % self._epochs_a_pass(call) == 0

    def _where(self, call: Call, epoch: int) -> int:
        """The place of an epoch's first batch, when Keras begins with it."""
        passes, rest = divmod(epoch, self._epochs_a_pass(call))
        return (self._offset + passes) * len(self) + rest * (call.steps or 0)

    def _epochs_a_pass(self, call: Call) -> int:
        if self.endless:
            return sys.maxsize
        return -(-len(self) // call.steps) if call.steps else 1

    @property
    def _keras_works(self) -> bool:
        """Whether workers of Keras ask for the batches, several at once and maybe from other processes."""
        return bool(self.workers > 1 or (self.workers > 0 and self.use_multiprocessing))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_ahead"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def __repr__(self) -> str:
        return f"Dataset({self.loader!r}, epoch={self.epoch})"


def _next_epoch(loader: Loader) -> int:
    """The epoch of a loader's next pass.

    Raises  InputError if that begins within it.
    """
    epoch, position = loader.next_place
    if position:
        raise InputError(
            f"the loader goes on at position {position} of epoch {epoch}, and a fit begins with a whole one: "
            f"pass epoch={epoch} to have all of it again, or epoch={epoch + 1} to leave out its rest; on TensorFlow, "
            "variegate.adapters.tensorflow.dataset(loader) goes on within it"
        )
    return epoch
