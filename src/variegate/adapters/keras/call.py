"""Call: which call of Keras reads a dataset, and at which epoch it is.

How epochs follow Keras. `fit` tells a PyDataset neither `initial_epoch` nor the epoch, and its hooks cannot be counted:
it begins an epoch to build a model, and ends one before the first. So the hooks look up which call of Keras they came
from, and read the epoch there. Where a later Keras hides it, they count, and warn.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import keras


class Call:
    """The call of Keras that reads a dataset: `fit`, `evaluate` or `predict`, from its local variables.

    epoch      the epoch that a fit is at; None: before its first
    epochs     the one that it ends before
    steps      its steps_per_epoch, or of others its steps; None: as many as there are
    callbacks  its list of callbacks, which goes when the call returns or raises; None: before there is one
    """

    def __init__(self, name: str, names: dict[str, Any]) -> None:
        self.is_fit = name == "fit"
        self.epoch: int | None = names.get("epoch")
        self.initial_epoch: int = names.get("initial_epoch") or 0
        self.epochs: int | None = names.get("epochs")
        self.steps: int | None = names.get("steps_per_epoch" if self.is_fit else "steps")
        callbacks = names.get("callbacks")
        self.callbacks = callbacks if isinstance(callbacks, keras.callbacks.CallbackList) else None


_warned = False


def call_of(dataset: Any) -> Call | None:
    """The call of Keras that the running hook came from; None if the user called it."""
    frame, by_keras = sys._getframe(2), False
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("keras."):
            by_keras, names = True, frame.f_locals
            adapter = getattr(names.get("epoch_iterator"), "data_adapter", None)
            if adapter is not None and getattr(adapter, "py_dataset", None) is dataset:
                adapter.shuffle = False
                if getattr(adapter, "enqueuer", None) is not None:
                    adapter.enqueuer.shuffle = False
                return Call(frame.f_code.co_name, names)
        frame = frame.f_back  # type: ignore[assignment]
    global _warned
    if by_keras and not _warned:
        _warned = True
        warnings.warn(
            f"Keras {keras.__version__} does not show which epoch it is at, so each of its epochs is the loader's next "
            "and initial_epoch has no effect; set dataset.epoch before fit, and pass shuffle=False",
            stacklevel=2,
        )
    return None
