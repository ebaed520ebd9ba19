"""Names of other libraries' transforms, and what to write here: told where somebody asks for a name that is not ours.

WRITE   name -> a line of this library, with the names of `variegate`; after "#" what differs
ABSENT  name -> why there is none, and what to do
told    what an error says of a name that is not here

They are public names of torchvision, Albumentations, Keras, Kornia and imgaug, and some plain words. Ranges are those
with which the other's transform is usually written, not always its defaults. One dictionary of each kind, as a name
often stands in several libraries. Loaded only when a name is not found. Long, because a table is no shorter in parts.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable

_TENSOR = "# floats from 0 to 1, channels first; vt.Loader and vt.Transform make tensors of them"
_RANGE = "# a bare number is a constant here"
_FLIP = "HorizontalFlip(p=0.5)"
_CLASSES = 'the label is Classes(10), in Compose(..., targets={"label": Classes(10)})'
_PASTE = "CopyPaste((1, 4))  # of objects with masks or polygons"
_MIX, _CUT = f"MixUp(0.2)  # {_CLASSES}", f"CutMix()  # {_CLASSES}"

WRITE = {
    # Whole pipelines, and ops made of ops
    "Sequential": "Compose([Rotate((-30, 30)), HorizontalFlip(p=0.5)])",
    "AugmentationSequential": 'Compose([HorizontalFlip(p=0.5)], targets={"mask": Mask()})',
    "ImageSequential": "Compose([HorizontalFlip(p=0.5)])",
    "Pipeline": "Compose([HorizontalFlip(p=0.5)])",
    "ReplayCompose": "Compose([HorizontalFlip(p=0.5)])  # result, record = augment(image, return_params=True); "
    "augment.replay(record, image)",
    "RandomChoice": "OneOf([HorizontalFlip(), VerticalFlip()])",
    "OneOrOther": "OneOf([HorizontalFlip(), VerticalFlip()])",
    "Identity": "Compose([])",
    "NoOp": "Compose([])",
    "Noop": "Compose([])",
    "Sometimes": "RandomApply([Rotate((-30, 30))], p=0.5)",
    "tta": "TTA(Compose([HorizontalFlip(p=0.5)]), n=8)",
    # timm
    "rand_augment_transform": 'policy("rand-m9-mstd0.5-inc1")',
    "augment_and_mix_transform": 'policy("augmix-m3-w3")',
    "auto_augment_transform": 'policy("original")  # or "v0", and an mstd',
    "create_transform": 'Compose([RandomResizedCrop(224, interpolation="bicubic"), HorizontalFlip(p=0.5), '
    'policy("rand-m9-mstd0.5-inc1"), Erasing(fill=(0.485, 0.456, 0.406), p=0.25), Normalize(layout="CHW")])',
    "RandomResizedCropAndInterpolation": "RandomResizedCrop(224)",
    # To arrays, tensors, numbers
    "ToTensor": f'ToDtype("float32", "CHW")  {_TENSOR}',
    "ToTensorV2": f'Normalize(layout="CHW")  {_TENSOR.replace("floats from 0 to 1", "float32")}',
    "PILToTensor": 'ToDtype("uint8", "CHW")',
    "ToImage": f'ToDtype("uint8", "CHW")  {_TENSOR.replace("floats from 0 to 1", "as they are")}',
    "ConvertImageDtype": 'ToDtype("float32")',
    "ConvertDtype": 'ToDtype("float32")',
    "ToFloat": 'ToDtype("float32")',
    "FromFloat": 'ToDtype("uint8")',
    "Rescaling": 'ToDtype("float32")  # 0 to 255 becomes 0 to 1',
    "Normalization": "Normalize()",
    # Flips and quarter turns
    "RandomHorizontalFlip": _FLIP,
    "RandomVerticalFlip": "VerticalFlip(p=0.5)",
    "RandomFlip": f"{_FLIP}  # and VerticalFlip(p=0.5)",
    "Fliplr": _FLIP,
    "Flipud": "VerticalFlip(p=0.5)",
    "HFlip": _FLIP,
    "VFlip": "VerticalFlip(p=0.5)",
    "Flip": "SomeOf([HorizontalFlip(), VerticalFlip()], n=(0, 2))",
    "Hflip": _FLIP,
    "Vflip": "VerticalFlip(p=0.5)",
    "RandomRotate90": "Rotate90()",
    "RandomRotation90": "Rotate90()",
    "Rot90": "Rotate90()",
    "D4": "RandomApply([Rotate90(), HorizontalFlip(p=0.5)])  # the eight symmetries of a square",
    "SquareSymmetry": "RandomApply([Rotate90(), HorizontalFlip(p=0.5)])",
    # Maps of the plane
    "RandomRotation": f"Rotate((-30, 30))  {_RANGE}",
    "SafeRotate": 'Rotate((-30, 30), fit="shrink")',
    "RandomAffine": "Affine(rotate=(-30, 30), x=(-0.1, 0.1), y=(-0.1, 0.1), scale=(0.8, 1.2), shear_x=(-10, 10))  "
    "# positive angles are counter-clockwise",
    "ShiftScaleRotate": "Affine(rotate=(-45, 45), x=(-0.06, 0.06), y=(-0.06, 0.06), scale=(0.9, 1.1))",
    "RandomZoom": "Scale((0.8, 1.25))  # above 1 the picture becomes larger",
    "ScaleX": "Scale(x=(0.8, 1.25))",
    "ScaleY": "Scale(y=(0.8, 1.25))",
    "RandomShear": "Shear(x=(-10, 10))  # degrees",
    "ShearX": "Shear(x=(-10, 10))  # degrees",
    "ShearY": "Shear(y=(-10, 10))  # degrees",
    "RandomTranslation": "Translate(x=(-0.1, 0.1), y=(-0.1, 0.1))  # fractions of the sides",
    "RandomTranslate": "Translate(x=(-0.1, 0.1), y=(-0.1, 0.1))  # fractions of the sides",
    "TranslateX": "Translate(x=(-0.1, 0.1))  # of the width",
    "TranslateY": "Translate(y=(-0.1, 0.1))  # of the height",
    "Shift": "Translate(x=(-0.1, 0.1), y=(-0.1, 0.1))  # fractions of the sides",
    "RandomPerspective": "Perspective(p=0.5)",
    "PerspectiveTransform": "Perspective((0, 0.3))",
    "ElasticTransform": "Elastic()  # in fractions of the shorter side: its docstring has alpha and sigma",
    "ElasticTransformation": "Elastic()",
    "RandomElasticTransform": "Elastic(p=0.5)",
    "PiecewiseAffine": "ThinPlateSpline()",
    "RandomThinPlateSpline": "ThinPlateSpline(p=0.5)",
    "RandomFisheye": "OpticalDistortion((0.1, 0.3))",
    # Crops and sizes
    "Cropping2D": "Crop(top=16, left=16, height=192, width=192)",
    "RandomSizedCrop": "RandomResizedCrop(224)",
    "RandomCropFromBorders": "RandomResizedCrop(scale=(0.6, 1))",
    "CropAndPad": "Affine(scale=(0.9, 1.1))  # or RandomResizedCrop, or Pad and RandomCrop",
    "AtLeastOneBBoxRandomCrop": "RandomIoUCrop(224)",
    "BBoxSafeRandomCrop": "RandomSizedBoxSafeCrop()",
    "RandomSizedBBoxSafeCrop": "RandomSizedBoxSafeCrop(224)",
    "RandomCropNearBBox": "RandomCropNearBox()",
    "RandomSafeCrop": "RandomSizedBoxSafeCrop(224)",
    "CropToFixedSize": "RandomCrop(224)",
    "CropNonEmptyMaskIfExists": "CropNonEmptyMask(224)",
    "Resizing": "Resize((224, 224))",
    "RandomShortestSize": "SmallestMaxSize(Choice((480, 512, 544, 576, 608, 640)), longest=1333)",
    "RandomResize": "SmallestMaxSize((480, 641))  # drawn, and rounded down",
    "ScaleJitter": "LongestMaxSize((320, 1281))  # drawn; PadIfNeeded and RandomCrop give one size",
    "PadTo": 'PadIfNeeded(640, place="top_left")',
    "PadToFixedSize": "PadIfNeeded(640)",
    "LongestSideResize": "LongestMaxSize(640)",
    "ShortestSideResize": "SmallestMaxSize(256)",
    "RandomScale": "Scale((0.9, 1.1))  # on the same canvas",
    "ZeroPadding2D": "Pad(16)",
    "ZoomOut": "RandomZoomOut((1, 4))",
    # Colour
    "ColorJiggle": f"ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-36, 36))  {_RANGE}; hue in degrees",
    "RandomColorJitter": f"ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-36, 36))  {_RANGE}; hue in degrees",
    "RandomBrightnessContrast": "ColorJitter(brightness=(0.8, 1.2), contrast=(0.8, 1.2))",
    "RandomBrightness": "Brightness((0.8, 1.2))  # a factor",
    "RandomContrast": "Contrast((0.8, 1.2))  # a factor",
    "RandomSaturation": "Saturation((0.8, 1.2))  # a factor",
    "RandomHue": "Hue((-18, 18))  # degrees",
    "RandomGamma": "Gamma((0.8, 1.2))  # an exponent",
    "GammaContrast": "Gamma((0.7, 1.7))",
    "LinearContrast": "Contrast((0.6, 1.4))",
    "Multiply": "Brightness((0.8, 1.2))",
    "MultiplyBrightness": "Brightness((0.8, 1.2))",
    "Add": "RGBShift((-0.1, 0.1), (-0.1, 0.1), (-0.1, 0.1))  # in units of white",
    "AddToHueAndSaturation": "HueSaturationValue((-20, 20), (0.7, 1.3), 1)",
    "MultiplyHueAndSaturation": "HueSaturationValue((-20, 20), (0.7, 1.3), 1)",
    "SigmoidContrast": "ToneCurve()",
    "LogContrast": "Gamma((0.7, 1.4))",
    "ChannelShift": "RGBShift()",
    "RandomRGBShift": "RGBShift()",
    "RandomGrayscale": "Grayscale(p=0.1)",
    "ToGray": "Grayscale(p=0.5)",
    "RandomColorDegeneration": "Saturation((0, 1))",
    "ToSepia": "Sepia(p=0.5)",
    "RandomInvert": "Invert(p=0.5)",
    "InvertImg": "Invert(p=0.5)",
    "RandomPosterize": "Posterize((4, 9), p=0.5)  # 4 to 8 bits: a range is rounded down",
    "RandomPosterization": "Posterize((4, 9))  # 4 to 8 bits: a range is rounded down",
    "RandomSolarize": "Solarize(0.5, p=0.5)  # of white: 128 is 0.5",
    "Solarization": "Solarize(0.5)",
    "RandomAutoContrast": "AutoContrast(p=0.5)",
    "RandomAutocontrast": "AutoContrast(p=0.5)",
    "Autocontrast": "AutoContrast()",
    "RandomEqualize": "Equalize(p=0.5)",
    "Equalization": "Equalize()",
    "HistogramEqualization": "Equalize()",
    "RandomClahe": "CLAHE(p=0.5)",
    "RandomPhotometricDistort": "PhotometricDistort()",
    "RandomToneCurve": "ToneCurve(p=0.5)",
    "RandomChannelPermutation": "ChannelShuffle()",
    "RandomChannelShuffle": "ChannelShuffle(p=0.5)",
    "FancyPCA": "PCAJitter()",
    "PlanckianJitter": "Temperature()",
    "RandomPlanckianJitter": "Temperature(p=0.5)",
    "RandomLinearIllumination": "Illumination(p=0.5)",
    "RandomLinearCornerIllumination": 'Illumination(pattern="corner", p=0.5)',
    "RandomGaussianIllumination": 'Illumination(pattern="gaussian", p=0.5)',
    # Blur, noise, compression
    "Blur": "BoxBlur((0, 3))  # a radius",
    "AverageBlur": "BoxBlur((0, 3))  # a radius",
    "RandomBoxBlur": "BoxBlur((0, 3), p=0.5)",
    "RandomGaussianBlur": "GaussianBlur((0.1, 2), p=0.5)  # sigma, in pixels",
    "RandomMedianBlur": "MedianBlur(3, p=0.5)",
    "RandomMotionBlur": "MotionBlur((3, 9), p=0.5)",
    "AdvancedBlur": "GaussianBlur((0.1, 2))",
    "RandomAdjustSharpness": "Sharpness((0, 2), p=0.5)",
    "RandomSharpness": "Sharpness((0, 2), p=0.5)",
    "Sharpen": "UnsharpMask((0.5, 3), (0, 1.5))",
    "GaussNoise": "GaussianNoise((0, 0.1))  # in units of white: 25 of 255 is 0.1",
    "AdditiveGaussianNoise": "GaussianNoise((0, 0.1))  # in units of white",
    "RandomGaussianNoise": "GaussianNoise((0, 0.1), p=0.5)  # in units of white",
    "AdditiveNoise": "UniformNoise()",
    "MultiplicativeNoise": "SpeckleNoise()",
    "MultiplyElementwise": "SpeckleNoise()",
    "AddElementwise": "UniformNoise()",
    "AdditiveLaplaceNoise": "GaussianNoise()",
    "PoissonNoise": "ShotNoise()",
    "AdditivePoissonNoise": "ShotNoise()",
    "RandomSaltAndPepperNoise": "SaltAndPepper(p=0.5)",
    "ImageCompression": "JPEG((30, 95))",
    "JpegCompression": "JPEG((30, 95))",
    "RandomJPEG": "JPEG((30, 95), p=0.5)",
    # Dropout
    "RandomErasing": "Erasing(p=0.5)",
    "RandomErase": "Erasing(p=0.5)",
    "Cutout": "CoarseDropout(1, 0.25, 0.25)",
    "RandomDropout": "CoarseDropout()",
    "Dropout": "PixelDropout(per_channel=False)",
    "TimeMasking": "XYMasking(num_masks_y=0)  # columns",
    "FrequencyMasking": "XYMasking(num_masks_x=0)  # rows",
    "Dropout2d": "ChannelDropout()",
    "RandomChannelDropout": "ChannelDropout(p=0.5)",
    "ConstrainedCoarseDropout": "CoarseDropout()",
    "GridMask": "GridDropout()",
    # Several pictures as one
    "Mixup": f'MixUp(0.2, partners="flip", per="batch")  # as timm; MixUp(0.2) draws for each sample; {_CLASSES}',
    "RandomMixUp": _MIX,
    "RandomMixUpV2": _MIX,
    "RandomCutMix": _CUT,
    "RandomCutMixV2": _CUT,
    "RandomMosaic": "Mosaic(640)",
    "SimpleCopyPaste": _PASTE,
    "RandomTransplantation": _PASTE,
    # Functions of one's own
    "Lambda": "Opaque(function)  # or Pointwise(function), of one pixel, which stays in the one pass",
    # Targets, data
    "BboxParams": 'Boxes("coco", min_visible=0.1)  # in Compose(..., targets={"boxes": Boxes("coco")})',
    "KeypointParams": 'Keypoints("xy", group=None)  # in Compose(..., targets={"points": Keypoints("xy")})',
    "BoundingBoxes": 'Boxes("xyxy")  # in Compose(..., targets={"boxes": Boxes("xyxy")})',
    "BoundingBoxFormat": 'Boxes("xyxy")',
    "ClampBoundingBoxes": 'Boxes("xyxy")  # boxes are clipped always',
    "SanitizeBoundingBoxes": 'Boxes("xyxy", min_visible=0.1)  # boxes that are not seen are dropped, labels along',
    "ConvertBoundingBoxFormat": 'Boxes("coco", out="xyxy")',
    "DataLoader": "Loader(source, Compose([HorizontalFlip(p=0.5)]), batch_size=64)",
    "ImageDataGenerator": "Compose([Rotate((-30, 30)), HorizontalFlip(p=0.5)])  # then Loader, and vk.Dataset(loader)",
    "MaxNumBoundingBoxes": "Padded(most=100)  # in Loader(..., collate=Padded(most=100))",
    "KeyPoints": 'Keypoints("xy", group=None)  # in Compose(..., targets={"points": Keypoints("xy", group=None)})',
    "ClampKeyPoints": 'Keypoints("xyv")  # a point that is cut is hidden',
    "SanitizeKeyPoints": 'Keypoints("xyv")  # a point that is cut is hidden',
    "DatasetFolder": "ImageFolder",
    "CocoDetection": "CocoJson",
    "VOCDetection": "VocFolder",
    "TensorDataset": "Arrays",
}


def _each(names: str, why: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), why)


ABSENT = {
    **_each(
        "OverlayElements TemplateTransform",
        "it puts a picture of its own over others, and CopyPaste takes objects of another sample",
    ),
    **_each(
        "FDA HistogramMatching PixelDistributionAdaptation",
        "it takes the colours of another picture, and no op sees two",
    ),
    **_each(
        "RandomRain RandomSnow RandomFog RandomSunFlare RandomShadow RandomGravel Spatter AtmosphericFog "
        "LensFlare Rain Snow Fog Clouds Snowflakes",
        "no op paints weather; Opaque(function) runs one of yours",
    ),
    **_each(
        "GlassBlur ZoomBlur RingingOvershoot Emboss Superpixels Morphological ChromaticAberration "
        "BilateralBlur RandomGridShuffle RandomJigsaw WaterRefraction PlasmaBrightnessContrast "
        "PlasmaShadow HEStain Dithering FilmGrain Halftone GridElasticDeform RandomDissolving "
        "RandomPlasmaBrightness RandomPlasmaContrast Canny Cartoon RandomPlasmaShadow KMeansColorQuantization "
        "EdgeDetect SimplexNoiseAlpha LinearTransformation",
        "there is no such op; Opaque(function) runs one of yours",
    ),
    **_each(
        "FiveCrop TenCrop", "it gives several pictures of one: write a Compose for each crop, or TTA, which averages"
    ),
    **_each("UniformTemporalSubsample VideoSequential TimeReverse", "there are no ops of videos"),
    **_each(
        "CenterCrop3D CoarseDropout3D CubicSymmetry Pad3D PadIfNeeded3D RandomCrop3D ToTensor3D RandomRotation3D "
        "RandomAffine3D",
        "pictures have two dimensions here",
    ),
    **_each("ToPILImage ToPureTensor ToNumpy ImageToTensor", "pictures are NumPy arrays here: np.asarray makes one"),
    **_each(
        "seed set_seed manual_seed",
        "nothing is seeded as a whole: Loader(seed=0), or augment(image, key=Key(seed=0, id=7))",
    ),
    **_each("SelectiveChannelTransform WithChannels PatchSequential", "an op takes the whole picture"),
    "TextImage": "it writes text into pictures, and no op here does",
    "Denormalize": "a picture is looked at by draw; by hand it is x * std + mean",
    "ToRGB": "files are decoded to RGB; of an array, np.repeat(image, 3, axis=2) makes three channels of one",
    "InterpolationMode": 'it is a word: interpolation="bilinear", "nearest" or "bicubic"',
    "BorderMode": 'it is a word: border="constant", "edge", "reflect", "symmetric" or "wrap"',
}


def knows(name: str) -> bool:
    """Whether it is a name of elsewhere."""
    return name in WRITE or name in ABSENT


def told(name: str, ours: Iterable[str]) -> str:
    """What to say of a name that is none of ours; nothing where there is nothing to say.

    ours  the names that may be meant

    >>> told("RandomHorizontalFlip", ["Rotate"])
    'write HorizontalFlip(p=0.5)'
    >>> told("Rotat", ["Rotate"])
    'did you mean Rotate?'
    """
    if name in WRITE:
        return f"write {WRITE[name]}"
    if name in ABSENT:
        return f"not here: {ABSENT[name]}"
    names = [*ours, *WRITE, *ABSENT]
    small = {each.lower().replace("_", ""): each for each in reversed(names)}
    near = small.get(name.lower().replace("_", "")) or next(iter(difflib.get_close_matches(name, names, 1, 0.75)), None)
    if near is None:
        return ""
    if knows(near):
        return f"did you mean {near}? That is a name of elsewhere: {told(near, ours)}"
    return f"did you mean {near}?"


def missing(name: str, ours: Iterable[str]) -> Exception:
    """The error of `variegate.<name>`, for the module's `__getattr__`: an AttributeError that says what to write.

    Of `from variegate import <name>` it is an ImportError, as Python drops the words of an AttributeError there. It
    asks so for modules too: what nothing is known of stays an AttributeError.
    """
    said = "" if name.startswith("_") else told(name, ours)
    text = f"variegate has no {name}{f': {said}' if said else ''}"
    imported = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    # With a name, Python appends no guess of its own.
    return ImportError(text, name="variegate") if said and imported else AttributeError(text, name=name)
