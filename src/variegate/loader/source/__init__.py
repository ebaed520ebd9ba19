"""Sources: where samples come from."""

from variegate.loader.source.arrays import Arrays
from variegate.loader.source.base import Joined, Source, Subset
from variegate.loader.source.coco import CocoJson
from variegate.loader.source.folder import ImageFolder
from variegate.loader.source.hugging_face import HuggingFace
from variegate.loader.source.items import Items
from variegate.loader.source.manifest import Manifest
from variegate.loader.source.mask_folder import ImageMaskFolder
from variegate.loader.source.parquet import Parquet
from variegate.loader.source.tfrecord import TFRecord
from variegate.loader.source.voc import VocFolder
from variegate.loader.source.webdataset import WebDataset
from variegate.loader.source.yolo import YoloFolder

__all__ = [
    "Arrays",
    "CocoJson",
    "HuggingFace",
    "ImageFolder",
    "ImageMaskFolder",
    "Items",
    "Joined",
    "Manifest",
    "Parquet",
    "Source",
    "Subset",
    "TFRecord",
    "VocFolder",
    "WebDataset",
    "YoloFolder",
]
