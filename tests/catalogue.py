"""Catalogue: an example of each public op, shared by the tests of all ops. A new op is added here, and nowhere else."""

from __future__ import annotations

import numpy as np

import variegate as vg
from variegate.ops.combine import Combinator
from variegate.ops.function import FunctionOp
from variegate.ops.macro import Macro


def upside_down(image):
    return image[::-1].copy()


def darker(image, by):
    return image * np.float32(1 - by)


def first_channel_darker(pixel, by):
    return (pixel[0] * (1 - by), *pixel[1:])


def examples(height: int, width: int) -> dict[str, vg.Op]:
    """By class, and what is other than usual: each changes any picture of this size or more, whatever its key.

    They stand by family, in the order of docs/conformance.md.
    """
    part = (height * 2 // 3, width * 5 // 8)
    return {
        "Affine": vg.Affine(rotate=(-30, 30), x=(-0.1, 0.1), scale=(0.7, 1.3), shear_x=(-9, 9)),
        "HorizontalFlip": vg.HorizontalFlip(),
        "VerticalFlip": vg.VerticalFlip(),
        "Transpose": vg.Transpose(),
        "Rotate90": vg.Rotate90(vg.Choice((1, 3))),
        "Rotate": vg.Rotate((-40, 40)),
        "Shear": vg.Shear((-20, 20), (-20, 20)),
        "Scale": vg.Scale((0.7, 1.4)),
        "Translate": vg.Translate((-0.3, 0.3), (-0.3, 0.3)),
        "Perspective": vg.Perspective((0.2, 0.4)),
        "Elastic": vg.Elastic((0.01, 0.02)),
        "GridDistortion": vg.GridDistortion((0.2, 0.4)),
        "OpticalDistortion": vg.OpticalDistortion((0.1, 0.3)),
        "ThinPlateSpline": vg.ThinPlateSpline((0.02, 0.05)),
        "Crop": vg.Crop(height // 6, width // 6, *part),
        "CenterCrop": vg.CenterCrop(part),
        "RandomCrop": vg.RandomCrop(part),
        "RandomResizedCrop": vg.RandomResizedCrop(part, (0.3, 0.8)),
        "RandomZoomOut": vg.RandomZoomOut((1.2, 2)),
        "Pad": vg.Pad(3, left=5),
        "PadIfNeeded": vg.PadIfNeeded((height + 3, width + 4)),
        "Letterbox": vg.Letterbox((height + 4, width - 7)),
        "Resize": vg.Resize((height * 2 // 3, width + 5)),
        "SmallestMaxSize": vg.SmallestMaxSize(height * 2 // 3),
        "LongestMaxSize": vg.LongestMaxSize(width - 9),
        "CropNonEmptyMask": vg.CropNonEmptyMask(part),
        "RandomCropNearBox": vg.RandomCropNearBox(),
        "RandomIoUCrop": vg.RandomIoUCrop(),
        "RandomSizedBoxSafeCrop": vg.RandomSizedBoxSafeCrop(part, 0.4),
        "Brightness": vg.Brightness((0.6, 0.9)),
        "Contrast": vg.Contrast((0.6, 0.9)),
        "ColorJitter": vg.ColorJitter((0.8, 0.9), (0.8, 0.9), (0.5, 0.9), (10, 40)),
        "Gamma": vg.Gamma((1.3, 2)),
        "Grayscale": vg.Grayscale(),
        "Hue": vg.Hue((20, 40)),
        "Invert": vg.Invert(),
        "Posterize": vg.Posterize(3),
        "Saturation": vg.Saturation((0.2, 0.8)),
        "Solarize": vg.Solarize(0.5),
        "SolarizeAdd": vg.SolarizeAdd((0.2, 0.4)),
        "Equalize": vg.Equalize(),
        "AutoContrast": vg.AutoContrast((0.02, 0.1)),
        "CLAHE": vg.CLAHE(),
        'CLAHE, about="channel"': vg.CLAHE(about="channel"),
        "ToneCurve": vg.ToneCurve((0.05, 0.2)),
        "RGBShift": vg.RGBShift((0.05, 0.1), (-0.1, -0.05), 0.1),
        "ChannelMix": vg.ChannelMix((0.2, 0.4)),
        "Sepia": vg.Sepia((0.5, 1)),
        "PCAJitter": vg.PCAJitter((0.5, 1)),
        "Temperature": vg.Temperature((2500, 4000)),
        "HueSaturationValue": vg.HueSaturationValue((20, 40), (0.5, 0.9), (0.6, 0.9)),
        "Vignette": vg.Vignette((0.3, 0.6)),
        "Illumination": vg.Illumination((-0.5, -0.3)),
        'Illumination, pattern="corner"': vg.Illumination((-0.5, -0.3), "corner"),
        'Illumination, pattern="gaussian"': vg.Illumination((-0.5, -0.3), "gaussian"),
        "ChannelShuffle": vg.ChannelShuffle(),
        "GaussianNoise": vg.GaussianNoise((0.02, 0.1)),
        "ISONoise": vg.ISONoise(),
        "SaltAndPepper": vg.SaltAndPepper((0.05, 0.1)),
        "ShotNoise": vg.ShotNoise((0.02, 0.1)),
        "SpeckleNoise": vg.SpeckleNoise((0.1, 0.2)),
        "UniformNoise": vg.UniformNoise((0.05, 0.1)),
        "JPEG": vg.JPEG((20, 60)),
        "Downscale": vg.Downscale((0.2, 0.6)),
        "GaussianBlur": vg.GaussianBlur((0.8, 2)),
        "BoxBlur": vg.BoxBlur((0.5, 2)),
        "MotionBlur": vg.MotionBlur((4, 8)),
        "Defocus": vg.Defocus((1, 3)),
        "MedianBlur": vg.MedianBlur(),
        "Sharpness": vg.Sharpness((1.5, 3)),
        "UnsharpMask": vg.UnsharpMask(amount=(0.5, 1.5)),
        "Erasing": vg.Erasing((0.1, 0.3)),
        "CoarseDropout": vg.CoarseDropout((1, 5), fill="noise"),
        "GridDropout": vg.GridDropout((0.3, 0.6)),
        "XYMasking": vg.XYMasking(mask_x_length=(0.1, 0.2)),
        "PixelDropout": vg.PixelDropout((0.1, 0.2)),
        "ChannelDropout": vg.ChannelDropout(),
        "MaskDropout": vg.MaskDropout(),
        "Normalize": vg.Normalize(),
        "ToDtype": vg.ToDtype("float16"),
        "Pointwise": vg.Pointwise(first_channel_darker, by=(0.2, 0.4)),
        "Opaque": vg.Opaque(upside_down),
        "Opaque, moves_pixels=False": vg.Opaque(darker, by=(0.2, 0.4), moves_pixels=False),
        "OneOf": vg.OneOf([vg.Rotate((-40, 40)), vg.HorizontalFlip()]),
        "SomeOf": vg.SomeOf([vg.Rotate((-40, 40)), vg.Invert(), vg.VerticalFlip()], n=2),
        "RandomApply": vg.RandomApply([vg.Rotate((-40, 40)), vg.Brightness(0.9)], p=0.5),
        "RandomOrder": vg.RandomOrder([vg.Brightness((0.6, 0.9)), vg.Invert()]),
        "PhotometricDistort": vg.PhotometricDistort(each=1),
        "RandAugment": vg.RandAugment(2, 1, bins=2),
        "TrivialAugmentWide": vg.TrivialAugmentWide(2),
        "AutoAugment": vg.AutoAugment("cifar10"),
        "AugMix": vg.AugMix(6),
        "ThreeAugment": vg.ThreeAugment(),
        "policy": vg.policy("rand-n2-p1-m6-tweights"),
    }


def variants(height: int, width: int) -> list[vg.Op]:
    """What an op does another way when a field says so; these may leave a picture as it was."""
    part = (height * 2 // 3, width * 5 // 8)
    return [
        vg.HorizontalFlip(p=0.5),
        vg.Rotate(vg.Normal(0, 10), border="reflect", interpolation="bicubic", antialias=False, name="turn"),
        vg.Rotate90(),
        vg.Scale((0.8, 1.2), fill=(1, 2, 3)),
        vg.Crop(0, 0, height + 2, width + 5, border="edge"),
        vg.CropNonEmptyMask(part, ignore=(0, 255)),
        vg.RandomCropNearBox(part),
        vg.RandomCropNearBox(shift=(0, 0.5)),
        vg.RandomIoUCrop(part, ratio=(0.1, 2)),
        vg.RandomIoUCrop(iou=(0.2, 1)),
        vg.RandomResizedCrop(),
        vg.RandomResizedCrop(part, ratio=(0.5, 2)),
        vg.RandomSizedBoxSafeCrop(),
        vg.RandomSizedBoxSafeCrop(part, erosion=0.2),
        vg.RandomZoomOut((1, 1.2), border="reflect"),
        vg.Pad(2, left=5, border="wrap"),
        vg.PadIfNeeded(multiple=(16, 24), place="top_left", border="edge"),
        vg.Rotate((-40, 40), fit="grow"),
        vg.Rotate((-40, 40), fit="shrink"),
        vg.Translate(0.1, x_px=(-3, 3), y_px=2),
        vg.SmallestMaxSize((height // 2, height), longest=width - 3),
        vg.LongestMaxSize(vg.Choice((width // 2, width))),
        vg.Brightness((0.7, 1.3)),
        vg.Contrast((0.8, 1.2), about="channel"),
        vg.Posterize((1, 9)),
        vg.Solarize((0.2, 0.8)),
        vg.AutoContrast(ignore=(0, 255)),
        vg.ToneCurve(per_channel=True),
        vg.CLAHE((0, 2), (3, 5)),
        vg.Vignette((-0.5, 0.5), (-0.1, 0.1), (-0.1, 0.1)),
        vg.GaussianNoise(0.1, mean=(-0.1, 0.1), per_channel=False),
        vg.SaltAndPepper((0, 0.2), per_channel=True),
        vg.GaussianBlur((0, 3), border="edge", kernel_size=9),
        vg.Downscale((0.3, 1), "nearest"),
        vg.Downscale(0.4, "box"),
        vg.MedianBlur(7),
        vg.MotionBlur((1, 5), border="symmetric"),
        vg.UnsharpMask((0, 2), 1, (0, 0.1)),
        vg.Erasing(fill=(0.2, 0.4, 0.6)),
        vg.CoarseDropout(3, 1, 1, sizes="pixels"),
        vg.XYMasking(1, 0, 1, sizes="pixels", fill="noise"),
        vg.PixelDropout(0.3, per_channel=True),
        vg.ChannelDropout((0, 3)),
        vg.MaskDropout((0, 4), fill="noise"),
        vg.Normalize(layout="CHW"),
        vg.ToDtype("float16", "CHW"),
        vg.RandAugment(1, (0, 1), 2, interpolation="bicubic", border="edge"),
        vg.AutoAugment("svhn", border="reflect"),
        vg.policy("3a"),
        vg.policy("augmix-m5-w4-d2"),
    ]


# Those that mix samples: they do nothing alone, and their laws are of two pictures.
MIXING: dict[str, vg.Op] = {
    "MixUp": vg.MixUp(1.0),
    "CutMix": vg.CutMix(p=0.5, partners="class"),
    "Mosaic": vg.Mosaic((48, 64), fill=114),
    "CopyPaste": vg.CopyPaste((1, 4), edge=0),
}

EXAMPLES, VARIANTS = examples(30, 40), variants(30, 40)
# Those that lower by themselves, and are read back as they are written: none that holds other ops or a function.
LEAVES = [op for op in [*EXAMPLES.values(), *VARIANTS] if not isinstance(op, Combinator | FunctionOp | Macro)]
