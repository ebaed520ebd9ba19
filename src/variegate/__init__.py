"""Variegate: endless, reproducible variations of training images, in one pass over the pixels."""

from typing import TYPE_CHECKING

from variegate import ops
from variegate.dist import Bernoulli, Choice, Constant, LogUniform, Normal, Uniform
from variegate.draw import draw, sheet
from variegate.errors import (
    ConfigError,
    DecodeError,
    FieldError,
    InputError,
    PipelineError,
    ResourceError,
    SourceError,
    VariegateError,
)
from variegate.key import Key, Keys
from variegate.loader import (
    Arrays,
    Cache,
    CocoJson,
    HuggingFace,
    ImageFolder,
    ImageMaskFolder,
    Items,
    Joined,
    Loader,
    Manifest,
    OnError,
    Padded,
    Parquet,
    Subset,
    TFRecord,
    VocFolder,
    WebDataset,
    YoloFolder,
    allow_formats,
)
from variegate.ops import *  # noqa: F403  each op is named there alone
from variegate.pipeline import TTA, Compose, load, save
from variegate.ramp import Ramp
from variegate.targets import (
    Boxes,
    Classes,
    Image,
    Keypoints,
    Mask,
    OrientedBoxes,
    PerInstance,
    PerSample,
    Polygons,
    Targets,
)
from variegate.version import VERSION

__version__ = VERSION

__all__ = [
    "TTA",
    "Arrays",
    "Bernoulli",
    "Boxes",
    "Cache",
    "Choice",
    "Classes",
    "CocoJson",
    "Compose",
    "ConfigError",
    "Constant",
    "DecodeError",
    "FieldError",
    "HuggingFace",
    "Image",
    "ImageFolder",
    "ImageMaskFolder",
    "InputError",
    "Items",
    "Joined",
    "Key",
    "Keypoints",
    "Keys",
    "Loader",
    "LogUniform",
    "Manifest",
    "Mask",
    "Normal",
    "OnError",
    "OrientedBoxes",
    "Padded",
    "Parquet",
    "PerInstance",
    "PerSample",
    "PipelineError",
    "Polygons",
    "Ramp",
    "ResourceError",
    "SourceError",
    "Subset",
    "TFRecord",
    "Targets",
    "Uniform",
    "VariegateError",
    "VocFolder",
    "WebDataset",
    "YoloFolder",
    "__version__",
    "allow_formats",
    "draw",
    "load",
    "save",
    "sheet",
]
__all__ += ops.__all__

if not TYPE_CHECKING:  # to a type checker a module with __getattr__ has every name

    def __getattr__(name: str) -> object:
        """What is said of a name that is not here: what to write, or that there is none."""
        from variegate.elsewhere import missing

        raise missing(name, __all__)
