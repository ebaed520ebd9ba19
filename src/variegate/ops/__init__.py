"""The ops: what can happen to a picture. One family a file, named after it."""

from variegate.ops.affine import Affine
from variegate.ops.aug_mix import AugMix
from variegate.ops.auto_augment import AutoAugment
from variegate.ops.auto_contrast import AutoContrast
from variegate.ops.base import Op
from variegate.ops.blur import BoxBlur, Defocus, GaussianBlur, MedianBlur, MotionBlur
from variegate.ops.box_safe_crop import RandomSizedBoxSafeCrop
from variegate.ops.brightness import Brightness
from variegate.ops.channel_mix import ChannelMix
from variegate.ops.channels import ChannelDropout, ChannelShuffle
from variegate.ops.clahe import CLAHE
from variegate.ops.coarse_dropout import CoarseDropout
from variegate.ops.color_jitter import ColorJitter
from variegate.ops.combine import OneOf, RandomApply, SomeOf
from variegate.ops.contrast import Contrast
from variegate.ops.copy_paste import CopyPaste
from variegate.ops.crop import CenterCrop, Crop, RandomCrop
from variegate.ops.cut_mix import CutMix
from variegate.ops.downscale import Downscale
from variegate.ops.dtype import ToDtype
from variegate.ops.elastic import Elastic
from variegate.ops.equalize import Equalize
from variegate.ops.erasing import Erasing
from variegate.ops.flip import HorizontalFlip, Transpose, VerticalFlip
from variegate.ops.function import Opaque, Pointwise
from variegate.ops.gamma import Gamma
from variegate.ops.grid_distortion import GridDistortion
from variegate.ops.grid_dropout import GridDropout
from variegate.ops.hue import Hue
from variegate.ops.hue_saturation_value import HueSaturationValue
from variegate.ops.illumination import Illumination
from variegate.ops.invert import Invert
from variegate.ops.iou_crop import RandomIoUCrop
from variegate.ops.jpeg import JPEG
from variegate.ops.letterbox import Letterbox
from variegate.ops.mask_crop import CropNonEmptyMask
from variegate.ops.mask_dropout import MaskDropout
from variegate.ops.mix_up import MixUp
from variegate.ops.mosaic import Mosaic
from variegate.ops.near_box_crop import RandomCropNearBox
from variegate.ops.noise import GaussianNoise, ISONoise, SaltAndPepper, ShotNoise, SpeckleNoise, UniformNoise
from variegate.ops.normalize import Normalize
from variegate.ops.optical_distortion import OpticalDistortion
from variegate.ops.pad import Pad, PadIfNeeded
from variegate.ops.pca_jitter import PCAJitter
from variegate.ops.perspective import Perspective
from variegate.ops.photometric_distort import PhotometricDistort
from variegate.ops.pixel_dropout import PixelDropout
from variegate.ops.posterize import Posterize
from variegate.ops.rand_augment import RandAugment
from variegate.ops.random_order import RandomOrder
from variegate.ops.resize import LongestMaxSize, Resize, SmallestMaxSize
from variegate.ops.resized_crop import RandomResizedCrop
from variegate.ops.rgb_shift import RGBShift
from variegate.ops.rotate import Rotate, Rotate90
from variegate.ops.saturation import Grayscale, Saturation
from variegate.ops.scale import Scale
from variegate.ops.sepia import Sepia
from variegate.ops.sharpness import Sharpness, UnsharpMask
from variegate.ops.shear import Shear
from variegate.ops.solarize import Solarize
from variegate.ops.solarize_add import SolarizeAdd
from variegate.ops.temperature import Temperature
from variegate.ops.thin_plate_spline import ThinPlateSpline
from variegate.ops.three_augment import ThreeAugment
from variegate.ops.timm_policy import policy
from variegate.ops.tone_curve import ToneCurve
from variegate.ops.translate import Translate
from variegate.ops.trivial_augment import TrivialAugmentWide
from variegate.ops.vignette import Vignette
from variegate.ops.xy_masking import XYMasking
from variegate.ops.zoom_out import RandomZoomOut

__all__ = [
    "CLAHE",
    "JPEG",
    "Affine",
    "AugMix",
    "AutoAugment",
    "AutoContrast",
    "BoxBlur",
    "Brightness",
    "CenterCrop",
    "ChannelDropout",
    "ChannelMix",
    "ChannelShuffle",
    "CoarseDropout",
    "ColorJitter",
    "Contrast",
    "CopyPaste",
    "Crop",
    "CropNonEmptyMask",
    "CutMix",
    "Defocus",
    "Downscale",
    "Elastic",
    "Equalize",
    "Erasing",
    "Gamma",
    "GaussianBlur",
    "GaussianNoise",
    "Grayscale",
    "GridDistortion",
    "GridDropout",
    "HorizontalFlip",
    "Hue",
    "HueSaturationValue",
    "ISONoise",
    "Illumination",
    "Invert",
    "Letterbox",
    "LongestMaxSize",
    "MaskDropout",
    "MedianBlur",
    "MixUp",
    "Mosaic",
    "MotionBlur",
    "Normalize",
    "OneOf",
    "Op",
    "Opaque",
    "OpticalDistortion",
    "PCAJitter",
    "Pad",
    "PadIfNeeded",
    "Perspective",
    "PhotometricDistort",
    "PixelDropout",
    "Pointwise",
    "Posterize",
    "RGBShift",
    "RandAugment",
    "RandomApply",
    "RandomCrop",
    "RandomCropNearBox",
    "RandomIoUCrop",
    "RandomOrder",
    "RandomResizedCrop",
    "RandomSizedBoxSafeCrop",
    "RandomZoomOut",
    "Resize",
    "Rotate",
    "Rotate90",
    "SaltAndPepper",
    "Saturation",
    "Scale",
    "Sepia",
    "Sharpness",
    "Shear",
    "ShotNoise",
    "SmallestMaxSize",
    "Solarize",
    "SolarizeAdd",
    "SomeOf",
    "SpeckleNoise",
    "Temperature",
    "ThinPlateSpline",
    "ThreeAugment",
    "ToDtype",
    "ToneCurve",
    "Translate",
    "Transpose",
    "TrivialAugmentWide",
    "UniformNoise",
    "UnsharpMask",
    "VerticalFlip",
    "Vignette",
    "XYMasking",
    "policy",
]
