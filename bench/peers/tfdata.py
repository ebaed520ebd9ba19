"""tf.data with Keras layers, NHWC float32, two threads.

Variant "" maps the recipe image by image, in the recipe's order. Variant `batch` crops and resizes first and runs the
layers on batches of 224 x 224, as Keras's guides do: another recipe (the crop comes before the turn), to compare.
*standard* decodes the crop alone, as TensorFlow's ImageNet recipe does, by TensorFlow's own choice of a fast and rough
transform; variant `exact` asks for the exact one, `whole` decodes all.
"""

from __future__ import annotations

import math
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from peers import measure

WORKERS = 2
tf.config.threading.set_inter_op_parallelism_threads(WORKERS)
tf.config.threading.set_intra_op_parallelism_threads(WORKERS)
SIDE = [measure.SIZE, measure.SIZE]
MEAN, STD = (np.array(v, np.float32) * 255 for v in (measure.MEAN, measure.STD))


def box(shape: Any) -> tuple[Any, Any]:
    """The window of a random resized crop: offset (y, x, 0) and size (h, w, 3)."""
    whole = tf.constant([0.0, 0.0, 1.0, 1.0], shape=[1, 1, 4])
    offset, size, _ = tf.image.sample_distorted_bounding_box(
        shape, whole, min_object_covered=0.0, aspect_ratio_range=(3 / 4, 4 / 3), area_range=(0.08, 1.0), max_attempts=10
    )
    return offset, size


def normalize(image: Any) -> Any:
    """ImageNet's mean and deviation."""
    return (tf.cast(image, tf.float32) - MEAN) / STD


def standard(data: Any, transform: str = "") -> Any:
    """TensorFlow's own ImageNet recipe: only the crop's rows and columns are decoded."""
    offset, size = box(tf.io.extract_jpeg_shape(data))
    window = tf.concat([offset[:2], size[:2]], 0)
    part = tf.image.decode_and_crop_jpeg(data, window, channels=3, dct_method=transform)
    return normalize(tf.image.random_flip_left_right(tf.image.resize(part, SIDE)))


def exact(data: Any) -> Any:
    """The same by libjpeg's exact transform, as simplejpeg and ours decode."""
    return standard(data, "INTEGER_ACCURATE")


def whole(data: Any) -> Any:
    """The same with all of the picture decoded."""
    image = tf.io.decode_jpeg(data, channels=3)
    offset, size = box(tf.shape(image))
    return normalize(tf.image.random_flip_left_right(tf.image.resize(tf.slice(image, offset, size), SIDE)))


def layers() -> tuple[list[Any], Any]:
    """The geometric layers and the contrast."""
    black: dict[str, Any] = {"fill_mode": "constant"}
    shear = math.tan(math.radians(10))
    geometric = [
        keras.layers.RandomRotation(30 / 360, **black),
        keras.layers.RandomTranslation(0.1, 0.1, **black),
        keras.layers.RandomZoom((-0.2, 0.2), **black),
        keras.layers.RandomShear(shear, shear, **black),
        keras.layers.RandomFlip("horizontal_and_vertical"),
    ]
    return geometric, keras.layers.RandomContrast(0.2)


def seed() -> Callable[[Any], Any]:
    """Image by image, in the recipe's order."""
    geometric, contrast = layers()

    def one(data: Any) -> Any:
        image = tf.cast(tf.io.decode_jpeg(data, channels=3), tf.float32)
        for layer in geometric:
            image = layer(image, training=True)
        offset, size = box(tf.shape(image))
        image = tf.image.resize(tf.slice(image, offset, size), SIDE)
        return normalize(contrast(tf.ensure_shape(image, [*SIDE, 3]), training=True))

    return one


def cropped(data: Any) -> Any:
    """The crop alone."""
    offset, size = box(tf.io.extract_jpeg_shape(data))
    window = tf.concat([offset[:2], size[:2]], 0)
    return tf.image.resize(tf.image.decode_and_crop_jpeg(data, window, channels=3), SIDE)


def after() -> Callable[[Any], Any]:
    """The layers, on a batch."""
    geometric, contrast = layers()

    def batch(images: Any) -> Any:
        for layer in [*geometric, contrast]:
            images = layer(images, training=True)
        return normalize(images)

    return batch


def batches(recipe: str, paths: list[str], variant: str) -> Iterable[Any]:
    """Shuffled paths, read, decoded and mapped by two threads."""
    files = tf.data.Dataset.from_tensor_slices(paths).shuffle(len(paths)).map(tf.io.read_file)
    late = recipe == "seed" and variant == "batch"
    plain = {"whole": whole, "exact": exact}.get(variant, standard)
    one = cropped if late else plain if recipe == "standard" else seed()
    images = files.map(one, num_parallel_calls=WORKERS, deterministic=True)
    images = images.batch(measure.BATCH, drop_remainder=True)
    if late:
        images = images.map(after(), num_parallel_calls=WORKERS)
    options = tf.data.Options()
    options.threading.private_threadpool_size = WORKERS
    return images.with_options(options).prefetch(2).as_numpy_iterator()


if __name__ == "__main__":
    measure.main(batches)
