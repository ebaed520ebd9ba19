"""TensorFlow: a loader as a `tf.data.Dataset`, and pipelines as functions for `dataset.map`.

The whole stream by Variegate's threads:

    import variegate.adapters.tensorflow as vtf
    train = vtf.dataset(vg.Loader(source, augment, batch_size=64, seed=0))
    model.fit(train, epochs=20)

In the form everybody knows, with fresh numbers every time:

    train = originals.map(vtf.mapper(augment), num_parallel_calls=tf.data.AUTOTUNE).batch(64)

The same, with numbers that can be drawn again. Number the elements before anything shuffles them:

    epoch = tf.Variable(0, dtype=tf.int64)
    keyed = vtf.keyed_mapper(augment, seed=0, epoch=epoch)
    train = originals.enumerate().shuffle(1000).map(keyed, num_parallel_calls=tf.data.AUTOTUNE).batch(64)
    model.fit(train, epochs=20, callbacks=[vtf.EpochCallback(epoch)])

A map may also stand after `batch`, where pictures have one size: one hop into Python a batch, which is faster.
Labels follow the pixels where the pipeline, or the loader's source, declares them.
"""

try:
    import tensorflow  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.tensorflow needs TensorFlow: pip install "variegate[tensorflow]"') from error

from variegate.adapters.tensorflow.epochs import EpochCallback
from variegate.adapters.tensorflow.maps import keyed_mapper, mapper
from variegate.adapters.tensorflow.stream import dataset

__all__ = ["EpochCallback", "dataset", "keyed_mapper", "mapper"]
