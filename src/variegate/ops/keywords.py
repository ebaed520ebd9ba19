"""Keywords of other libraries' transforms, and what is meant here: told where an op is made with one.

ANY     keyword -> what is meant, of any op
OF_OP   op -> keyword -> what is meant, which counts before ANY. A field of the op's own stands there too, where values
        of elsewhere are refused
meant   what is told of a keyword

What is meant is a field, as "n"; a field with its value, as 'fit="grow"'; or a sentence, in which {keyword} stands for
what was given under it. "" is the first field, of which a number there is a range about 0.
They are public names of torchvision, timm, Albumentations, Kornia, Keras, Pillow and Ultralytics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def _rows(rows: Mapping[str, str]) -> dict[str, str]:
    """A row for each of the keywords that share one."""
    return {name: told for names, told in rows.items() for name in names.split()}


_SHIFTS = "Shifts are x and y, fractions of the sides and ranges with both ends: write x=(-0.1, 0.1), y=(-0.1, 0.1)"
_PIXELS = "Shifts in pixels are those of Translate: write Translate(x_px=(-10, 10), y_px=(-10, 10))"
_BLUR = "What weighs anything follows from sigma, which is drawn: write sigma=(0.1, 2)"
_SIDE = "Its reach is a radius: a square of 3 pixels is radius=1"
_DIVISORS = "Sides are multiples by one pair: write PadIfNeeded(multiple=({pad_height_divisor}, {pad_width_divisor}))"
_HOLES = 'Sides are fractions of the picture\'s, height=(0.1, 0.2); with sizes="pixels" they are height=(8, 16)'
_BOUNDS = "A window is a corner and a size: write Crop(top={y_min}, left={x_min}, height=..., width=...)"
_SHIFTED = "Shifts are in units of white: 20 of 255 is (-20 / 255, 20 / 255), of red=, green= and blue="
_ADDED = "Saturation and value are factors, 1 changes nothing: write saturation=(0.7, 1.3), value=(0.8, 1.2)"
_FIELD = (
    "strength is in fractions of the shorter side, and cells say how smooth it is: help(Elastic) has alpha and sigma"
)
_FACTOR = "factor is what the picture is multiplied by: 0.2 elsewhere is often factor=(0.8, 1.2)"
_RATIO = "A range is one pair: write ratio=({min_aspect_ratio}, {max_aspect_ratio})"
_CELLS = 'A range is one pair: write unit_size=({unit_size_min}, {unit_size_max}), sizes="pixels"'
_QUALITY = "A range is one pair: write JPEG(({quality_lower}, {quality_upper}))"
_LEAST = "A size is one pair: write PadIfNeeded(({min_height}, {min_width}))"

ANY = _rows(
    {
        "limit degrees factor angle_range rotate_limit rotation_range": "",
        "prob probability rate": "p",
        "always_apply": "An op applies always, unless p= says otherwise: leave always_apply= out",
        "border_mode fill_mode padding_mode mode": "border",
        "value cval fill_value pad_val color": "fill",
        "expand fit_output": 'fit="grow"',
        "resample interp": "interpolation",
        "max_size output_size img_size image_size new_shape kernel_size": "size",
        "transforms transform": "ops",
        "num_magnitude_bins": "bins",
        "pad_if_needed": "A margin is an op of its own: write PadIfNeeded({size}) before it",
        "inplace": "No picture is changed in place: leave inplace= out",
        "clip": "Numbers are clamped once, at the end of the run: leave clip= out",
        "mask_interpolation": "Masks are read by the nearest: leave mask_interpolation= out",
        "fill_mask mask_fill_value": "What is beyond a mask's edge is its target's to say: Mask(ignore_index=255)",
    }
)

_MIXED = {
    "mixup_alpha": "alpha",
    "cutmix_alpha": "alpha",
    "lambda_val": "alpha",
    "beta": "alpha",
    "cut_size": "alpha",
    "num_classes": 'How many classes there are is said of the label: targets={"label": Classes({num_classes})} '
    "of Compose",
    "label_smoothing": 'Labels are smoothed where they are declared: targets={"label": Classes(..., smoothing='
    "{label_smoothing})} of Compose",
    "mode": 'timm mixes within a batch: partners="flip", with per="batch", "pair", or "sample" for its "elem"',
    "switch_prob": "One of two is an op: OneOf([MixUp(0.8), CutMix()])",
    "correct_lam": "Shares are those of the pixels: leave correct_lam= out",
}

OF_OP: Mapping[str, Mapping[str, str]] = {
    "MixUp": _MIXED,
    "CutMix": _MIXED,
    "Compose": _rows(
        {
            "bbox_params": 'Formats are in targets: write targets={"boxes": Boxes("coco"), "labels": PerInstance()}',
            "keypoint_params": 'Formats are in targets: write targets={"points": Keypoints("xy", group=None)}',
            "additional_targets": 'Fields are in targets: write targets={"image2": Image(), "mask2": Mask()}',
            "seed": "Nothing is seeded as a whole: a Loader takes seed={seed}, a call key=Key(seed={seed}, id=7)",
            "is_check_shapes strict": "What does not fit is always an error: leave it out",
        }
    ),
    "Rotate": {
        "center": "Pixels of elsewhere are fractions here: center=(x / width, y / height)",
        "crop_border": 'No op cuts to the part without a border: border="reflect" fills it, and so does Scale after it',
    },
    "Affine": _rows(
        {
            "translate_percent translate": _SHIFTS,
            "translate_px": _PIXELS,
            "shear": "Slants are in degrees, and ranges with both ends: write shear_x=(-10, 10), shear_y=(-10, 10)",
            "fit_output": 'A canvas that grows is that of Rotate: write Rotate((-30, 30), fit="grow")',
            "center": "Rotate turns about another point, in fractions: write Rotate((-30, 30), center=(0, 1))",
            "keep_ratio balanced_scale": "scale keeps the shape; scale_x and scale_y do not",
        }
    ),
    "Translate": _rows({"translate_percent translate height_factor width_factor": _SHIFTS, "translate_px": _PIXELS}),
    "Scale": {"scale_limit": "factor is what sides are multiplied by: 0.1 there is factor=(0.9, 1.1)"},
    "Shear": {"shear": "Slants are in degrees, and ranges with both ends: write x=(-10, 10), y=(-10, 10)"},
    "Perspective": {"scale": "distortion", "distortion_scale": "distortion"},
    "Elastic": _rows({"alpha sigma alpha_affine displacement_range": _FIELD}),
    "GridDistortion": _rows({"num_steps": "cells", "distort_limit distort_range": "strength"}),
    "OpticalDistortion": _rows({"distort_limit distort_range": "k"}),
    "ThinPlateSpline": _rows(
        {"scale scale_range": "strength is a tenth of it: 0.2 there is strength=0.02", "num_control_points": "points"}
    ),
    "Crop": _rows({"x_min y_min x_max y_max": _BOUNDS}),
    "PadIfNeeded": _rows(
        {
            "min_height min_width": _LEAST,
            "pad_height_divisor pad_width_divisor": _DIVISORS,
            "position": "place",
        }
    ),
    "RandomZoomOut": {"side_range": "scale"},
    "RandomIoUCrop": _rows(
        {
            "min_scale max_scale": "A range is one pair: write scale=({min_scale}, {max_scale})",
            "min_aspect_ratio max_aspect_ratio": _RATIO,
            "sampler_options": "iou=Choice((0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)) is what it is by default",
            "trials": "It always has 40: leave trials= out",
        }
    ),
    "Brightness": _rows({"limit brightness_limit brightness_factor factor_range brightness": _FACTOR}),
    "Contrast": _rows({"limit contrast_limit contrast_factor contrast": _FACTOR}),
    "Saturation": _rows({"limit saturation_factor saturation": _FACTOR}),
    "Sharpness": {"sharpness_factor": "factor"},
    "HueSaturationValue": _rows(
        {
            "hue_shift_limit hue_shift_range": "Hues turn by degrees: 20 there is hue=(-40, 40)",
            "sat_shift_limit sat_shift_range val_shift_limit val_shift_range": _ADDED,
        }
    ),
    "RGBShift": _rows({f"{each}_shift_{word}": _SHIFTED for each in "rgb" for word in ("limit", "range")}),
    "PCAJitter": {"alpha": "strength"},
    "Sepia": {"alpha": "strength"},
    "Grayscale": {"num_output_channels": "Pictures keep their three channels: leave num_output_channels= out"},
    "SolarizeAdd": _rows({"thresholds": "threshold", "additions": "addition"}),
    "Solarize": {"threshold": "It is a fraction of white: 128 of 255 is 0.5"},
    "Equalize": _rows({"mode by_channels": "Each channel is equalized by itself: leave it out"}),
    "GaussianBlur": _rows({"blur_limit": _BLUR, "kernel_size": "It is one odd number, of both sides"}),
    "BoxBlur": _rows({"blur_limit kernel_size": _SIDE}),
    "Defocus": {"alias_blur": "The edge of the disc is smooth anyway: leave alias_blur= out"},
    "MotionBlur": _rows({"blur_limit kernel_size": "length"}),
    "MedianBlur": _rows(
        {
            "blur_limit": "size",
            "size": "One of several is OneOf([MedianBlur(3), MedianBlur(5)])",
        }
    ),
    "UnsharpMask": _rows(
        {
            "radius sigma_limit sigma_range": "sigma",
            "percent": "amount is a factor: 150 percent is amount=1.5",
            "alpha": "amount",
            "blur_limit kernel_size": _BLUR,
            "threshold": "It is in units of white: 3 of 255 is 3 / 255",
        }
    ),
    "GaussianNoise": _rows(
        {
            "sigma std_range": "std",
            "var_limit": "std is the root of a variance, in units of white: 50 of 255 is std=50**0.5 / 255",
            "std": "It is in units of white: 25 of 255 is 0.1",
        }
    ),
    "Downscale": _rows({"scale_min scale_max": "A range is one pair: write Downscale(({scale_min}, {scale_max}))"}),
    "JPEG": _rows({"quality_lower quality_upper": _QUALITY, "compression_type": "It is always JPEG: leave it out"}),
    "ISONoise": {"color_shift": "color"},
    "Erasing": {"value": "fill"},
    "CoarseDropout": _rows(
        {
            "max_holes min_holes num_holes_range": "holes",
            "max_height min_height max_width min_width hole_height_range hole_width_range": _HOLES,
        }
    ),
    "GridDropout": _rows(
        {
            "unit_size_min unit_size_max": _CELLS,
            "random_offset": "The grid is moved as a whole: shift_x=(0, 1), shift_y=(0, 1) are so by default",
        }
    ),
    "PixelDropout": _rows({"dropout_prob": "amount", "drop_value": "fill"}),
    "ChannelDropout": _rows({"channel_drop_range num_drop_channels": "channels"}),
    "MaskDropout": _rows({"max_objects": "objects", "image_fill_value": "fill"}),
    "Normalize": _rows(
        {
            "max_pixel_value": "White is the pipeline's: of bytes leave it out, of floats write "
            "Compose([...], white={max_pixel_value})",
            "layout": "The pipeline says which number is white: Compose([...], white=255.0)",
            "normalization": "Means and deviations are given, never those of the picture",
        }
    ),
    "ToDtype": _rows({"scale layout": "White of the one dtype is always white of the other: leave scale out"}),
    "RandAugment": _rows({"num_ops": "n", "factor": "magnitude"}),
    "AugMix": _rows(
        {
            "mixture_width": "width",
            "chain_depth": "depth",
            "depth": "Where it is -1 elsewhere, leave it out: 1 to 3 ops, drawn for each chain",
        }
    ),
    "AutoAugment": {"policy": 'torchvision\'s AutoAugmentPolicy.IMAGENET is the word "imagenet"'},
    "SomeOf": {"replace": "No op is drawn twice: leave replace= out"},
}


def meant(kind: str, keyword: str, given: Mapping[str, Any]) -> str | None:
    """What an op's keyword of elsewhere means, with the values given; None: nothing is known of it.

    >>> meant("RandAugment", "num_ops", {})
    'n'
    >>> meant("Downscale", "scale_min", {"scale_min": 0.25, "scale_max": 0.5})
    'A range is one pair: write Downscale((0.25, 0.5))'
    """
    told = OF_OP.get(kind, {}).get(keyword, ANY.get(keyword))
    return told and re.sub(r"\{(\w+)\}", lambda found: repr(given[found[1]]) if found[1] in given else "...", told)
