"""Keras: a loader as a `keras.utils.PyDataset`, for `model.fit` on any backend.

    import variegate.adapters.keras as vk
    train = vk.Dataset(vg.Loader(source, augment, batch_size=64, seed=0))
    model.fit(train, epochs=20)

and, in another process or after an interruption, with the very batches that the first run would have seen:

    model.fit(train, epochs=40, initial_epoch=20)

Pictures of Keras itself, as `keras.utils.image_dataset_from_directory` and `img_to_array` give them, are float32 from 0
to 255. A pipeline that changes colours is told so by vg.Compose([...], white=255.0); those models of
`keras.applications` that preprocess within want that range too, so leave Normalize out for them.
"""

try:
    import keras  # noqa: F401
except ImportError as error:
    raise ImportError(
        'variegate.adapters.keras needs Keras 3 and one of its backends: pip install "variegate[keras]"'
    ) from error

from variegate.adapters.keras.dataset import Dataset

__all__ = ["Dataset"]
