"""Names of other libraries are told what to write, and what is told runs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import variegate as vg
from variegate import config, elsewhere
from variegate.errors import ConfigError

# Of torchvision v1 and v2, Albumentations, Keras, Kornia and imgaug.
NAMES = """
Add AddElementwise AddToHueAndSaturation AdditiveGaussianNoise AdditiveLaplaceNoise AdditiveNoise
AdditivePoissonNoise AdvancedBlur Affine AtLeastOneBBoxRandomCrop AugmentationSequential AutoContrast AverageBlur
BBoxSafeRandomCrop BboxParams BilateralBlur Blur CLAHE CenterCrop CenterCrop3D ChannelDropout ChannelShuffle
ChromaticAberration ClampBoundingBoxes ClampKeyPoints CoarseDropout CoarseDropout3D ColorJiggle ColorJitter Compose
ConstrainedCoarseDropout ConvertBoundingBoxFormat ConvertImageDtype Crop CropAndPad CropNonEmptyMaskIfExists
CropToFixedSize CubicSymmetry CutMix Cutout D4 Defocus Denormalize Dropout Dropout2d ElasticTransform
ElasticTransformation Emboss Equalization Equalize Erasing FDA FancyPCA FiveCrop Fliplr Flipud FrequencyMasking
FromFloat GammaContrast GaussNoise GaussianBlur GaussianNoise GlassBlur Grayscale GridDistortion GridDropout
GridElasticDeform GridMask HEStain HistogramEqualization HistogramMatching HorizontalFlip HueSaturationValue
Identity ISONoise Illumination
ImageCompression ImageDataGenerator ImageSequential InterpolationMode Invert InvertImg JPEG
JpegCompression KeypointParams Lambda LinearContrast LinearTransformation LogContrast LongestMaxSize MaskDropout
MaxNumBoundingBoxes MedianBlur MixUp Morphological Mosaic MotionBlur MultiplicativeNoise Multiply
MultiplyElementwise MultiplyHueAndSaturation NoOp Noop Normalization Normalize OneOf OneOrOther OpticalDistortion
OverlayElements PILToTensor Pad Pad3D PatchSequential Perspective PerspectiveTransform PiecewiseAffine
PixelDistributionAdaptation PixelDropout PlanckianJitter PlasmaBrightnessContrast PlasmaShadow Posterize RGBShift
RandomAdjustSharpness RandomAffine RandomApply RandomAutoContrast RandomAutocontrast RandomBoxBlur RandomBrightness
RandomBrightnessContrast RandomChannelDropout RandomChannelPermutation RandomChannelShuffle RandomChoice RandomClahe
RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomCrop3D RandomCropFromBorders
RandomCropNearBBox RandomCutMixV2 RandomDissolving RandomElasticTransform RandomEqualize RandomErasing RandomFisheye
RandomFlip RandomFog RandomGamma RandomGaussianBlur RandomGaussianIllumination RandomGaussianNoise RandomGravel
RandomGrayscale RandomGridShuffle RandomHorizontalFlip RandomHue RandomInvert RandomIoUCrop RandomJPEG RandomJigsaw
RandomLinearCornerIllumination RandomLinearIllumination RandomMedianBlur RandomMixUpV2 RandomMosaic RandomMotionBlur
RandomPerspective RandomPhotometricDistort RandomPlanckianJitter RandomPlasmaBrightness RandomPlasmaContrast
RandomPlasmaShadow RandomPosterization RandomPosterize RandomRGBShift RandomRain RandomResize RandomResizedCrop
RandomRotate90 RandomRotation RandomRotation90 RandomSaltAndPepperNoise RandomSaturation RandomScale RandomShadow
RandomSharpness RandomShear RandomShortestSize RandomSizedBBoxSafeCrop RandomSizedCrop RandomSnow RandomSolarize
RandomSunFlare RandomThinPlateSpline RandomToneCurve RandomTranslate RandomTranslation RandomTransplantation
RandomVerticalFlip RandomZoom RandomZoomOut ReplayCompose Rescaling Resize Resizing RingingOvershoot Rot90 Rotate
SafeRotate SaltAndPepper SanitizeBoundingBoxes SanitizeKeyPoints ScaleJitter ScaleX ScaleY SelectiveChannelTransform
Sequential Sharpen ShearX ShearY ShiftScaleRotate ShotNoise SigmoidContrast SmallestMaxSize Solarization Solarize
SomeOf Sometimes Spatter SquareSymmetry Superpixels TenCrop TextImage ThinPlateSpline TimeMasking TimeReverse
ToDtype ToFloat ToGray ToImage ToPILImage ToPureTensor ToRGB ToSepia ToTensor ToTensor3D ToTensorV2 TranslateX
TranslateY Transpose UniformTemporalSubsample UnsharpMask VerticalFlip VideoSequential WithChannels XYMasking
ZoomBlur rand_augment_transform create_transform auto_augment_transform augment_and_mix_transform
"""


def darker(image):
    return image


@pytest.mark.parametrize("name", elsewhere.WRITE)
def test_what_is_to_be_written_runs(name):
    names = {
        **{each: getattr(vg, each) for each in vg.__all__},
        "function": darker,
        "source": vg.Arrays(np.zeros((2, 9, 9, 3))),
    }
    made = eval(elsewhere.WRITE[name], names)
    assert isinstance(made, type) or elsewhere.WRITE[name].startswith(f"{type(made).__name__}(")


def test_no_name_of_elsewhere_is_one_of_ours_or_stands_in_both_tables():
    assert not {*elsewhere.WRITE, *elsewhere.ABSENT} & {*vg.__all__}
    assert not {*elsewhere.WRITE} & {*elsewhere.ABSENT}


@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_of_elsewhere_is_ours_or_is_told(name):
    if name in vg.__all__:
        return
    with pytest.raises(AttributeError, match=rf"^variegate has no {name}: (write \w|not here: \w)"):
        getattr(vg, name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RandomHorizontalFlip", "variegate has no RandomHorizontalFlip: write HorizontalFlip(p=0.5)"),
        ("Rotat", "variegate has no Rotat: did you mean Rotate?"),
        ("rotate", "variegate has no rotate: did you mean Rotate?"),
        ("horizontal_flip", "variegate has no horizontal_flip: did you mean HorizontalFlip?"),
        (
            "RandomHorizontalFilp",
            "variegate has no RandomHorizontalFilp: did you mean RandomHorizontalFlip? That is a name of elsewhere: "
            "write HorizontalFlip(p=0.5)",
        ),
        ("quux", "variegate has no quux"),
        ("__wrapped__", "variegate has no __wrapped__"),
    ],
)
def test_the_error_says_what_is_meant(name, message):
    with pytest.raises(AttributeError) as problem:
        getattr(vg, name)
    assert str(problem.value) == message
    assert not hasattr(vg, name)


def test_an_import_of_such_a_name_says_it_too():
    with pytest.raises(ImportError, match=r"^variegate has no RandomHorizontalFlip: write HorizontalFlip\(p=0\.5\)$"):
        exec("from variegate import Rotate, RandomHorizontalFlip")
    with pytest.raises(ImportError, match=r"^variegate has no Roatte: did you mean Rotate\?$"):
        exec("from variegate import Roatte")
    with pytest.raises(ImportError, match="cannot import name 'quux'"):
        exec("from variegate import quux")
    code = "from variegate import testing, extend, elsewhere, cli, adapters, formulas, rotate"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.stderr.endswith("ImportError: variegate has no rotate: did you mean Rotate?\n")  # the modules were found


def test_the_table_is_loaded_only_when_it_is_asked():
    code = "import sys, variegate; print('variegate.elsewhere' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"


def test_a_file_is_told_the_same():
    for entry in ("RandomHorizontalFlip", "RandomHorizontalFlip: {p: 0.5}"):
        with pytest.raises(ConfigError) as problem:
            config.load(f"variegate: 1\nops:\n- {entry}\n", vg.Compose)
        assert str(problem.value) == (
            "text, line 3: RandomHorizontalFlip: unknown op; write HorizontalFlip(p=0.5); "
            "if it is an op of your own, pass ops=[...]"
        )
