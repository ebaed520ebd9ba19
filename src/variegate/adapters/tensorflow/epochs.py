"""EpochCallback: the epoch of a Keras fit, for datasets that hang on it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class EpochCallback(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """A Keras callback that sets a tf.Variable to the epoch that `fit` begins, `initial_epoch` honoured.

    variable  the tf.Variable that `dataset` or `keyed_mapper` was given

    >>> epoch = tf.Variable(0, dtype=tf.int64)
    >>> EpochCallback(epoch).on_epoch_begin(3)  # what fit(..., callbacks=[EpochCallback(epoch)]) does
    >>> int(epoch)
    3
    """

    def __init__(self, variable: tf.Variable) -> None:
        super().__init__()
        self.variable = variable

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras."""
        self.variable.assign(epoch)
