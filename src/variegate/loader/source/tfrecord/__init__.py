"""TFRecord: samples in TensorFlow's record files."""

from variegate.loader.source.tfrecord.source import TFRecord

__all__ = ["TFRecord"]
