"""Picture: what is taken for one, and the line to write for what is not."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.picture import as_picture, empty_batch, pixels

AUGMENT = vg.Compose([])
NUMBERS = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 10), (1, 1, 3), (3, 7, 4), (9, 9, 200), (16, 20, 40)])
def test_what_is_a_picture_is_taken_as_it_is(dtype, shape):
    given = np.zeros(shape, dtype)
    assert pixels(given) is given
    picture, flat = as_picture(given)
    assert flat == (len(shape) == 2) and picture.shape == (shape if len(shape) == 3 else (*shape, 1))


@pytest.mark.parametrize("dtype", [">u2", ">f4", "<u2", "int8", "int16", ">i2", "float16"])
def test_what_loses_nothing_is_converted(dtype):
    given = (np.arange(20).reshape(4, 5) * 6).astype(dtype)
    found = pixels(given)
    assert found.dtype.isnative and found.dtype.name == ("uint16" if "u" in dtype else "float32")
    np.testing.assert_array_equal(found, given.astype(np.float64))
    np.testing.assert_array_equal(AUGMENT(given), found)


def test_doubles_are_converted_only_if_float32_holds_them():
    given = np.array([[-1024.0, 3071.0, np.nan, np.inf, 0.5]])
    np.testing.assert_array_equal(pixels(given), given)
    for lost in (0.1, 1e300, 2.0**24 + 1):
        given[0, 0] = lost
        with pytest.raises(
            vg.InputError, match=re.escape("float64 (1, 5); convert it, as by image.astype(np.float32)")
        ):
            pixels(given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (np.full((4, 5), 255, np.int64), "image.astype(np.uint8), which holds all of its numbers"),
        (np.full((4, 5), 256, np.int32), "image.astype(np.uint16), which holds all of its numbers"),
        (np.full((4, 5), -1, np.int64), "image.astype(np.float32)"),
        (np.zeros((4, 5), bool), "image.astype(np.uint8) * 255, or declare it as a Mask()"),
        (np.zeros((3, 224, 224), np.uint8), "its channels seem to come first. Write image.transpose(1, 2, 0)"),
        (np.zeros((1, 28, 28), np.float32), "with 28 channels in 1 row its channels seem to come first"),
        (np.zeros((10, 50, 50), np.uint16), "with 50 channels in 10 rows its channels seem to come first"),
        (np.zeros((2, 9, 9, 3), np.uint8), "a batch goes into augment.batch(images)"),
        ([NUMBERS, NUMBERS], "got a list of 2: several go into augment.batch(images)"),
        ("photo.jpg", "got a path: open it, as by PIL.Image.open(path).convert('RGB')"),
        (Path("photo.jpg"), "got a path: open it, as by PIL.Image.open(path).convert('RGB')"),
        (b"\xff\xd8", "got bytes: decode them, as by PIL.Image.open(io.BytesIO(data)).convert('RGB')"),
        (3.5, "got float; np.asarray(image) may do"),
    ],
)
def test_the_line_to_write(given, line):
    with pytest.raises(vg.InputError, match=re.escape(line)):
        AUGMENT(given)


def test_the_lines_that_are_offered_do():
    lines = {
        "image.astype(np.uint8)": np.full((4, 5), 255, np.int64),
        "image.astype(np.uint16)": np.full((4, 5), 256, np.int32),
        "image.astype(np.float32)": np.full((4, 5), 0.1),
        "image.transpose(1, 2, 0)": np.zeros((3, 24, 24), np.uint8),
    }
    for line, image in lines.items():
        with pytest.raises(vg.InputError, match=re.escape(line)):
            AUGMENT(image)
        assert AUGMENT(eval(line)).size == image.size


def test_a_tensor_is_told_of_the_adapter():
    torch = pytest.importorskip("torch", reason="the advice is for tensors of PyTorch")
    with pytest.raises(
        vg.InputError, match=re.escape("variegate.adapters.torch.Transform(augment) takes a tensor")
    ) as e:
        AUGMENT(torch.zeros(3, 24, 24))
    assert "or write image.permute(1, 2, 0).numpy()" in str(e.value)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_pil_images_are_taken(mode):
    image = Image.fromarray(NUMBERS).convert(mode)
    found = vg.Compose([vg.HorizontalFlip()])(image)
    np.testing.assert_array_equal(found, np.asarray(image)[:, ::-1])
    sample = vg.Compose([vg.HorizontalFlip()], targets={"depth": vg.Image()})(image=image, depth=image)
    np.testing.assert_array_equal(sample["depth"], found)
    np.testing.assert_array_equal(vg.Compose([]).batch([image, image])[1], np.asarray(image))


def test_pil_images_of_16_bits_keep_them():
    numbers = (np.arange(108, dtype=np.uint16) * 600).reshape(9, 12)
    file = io.BytesIO()
    Image.fromarray(numbers).save(file, "PNG")
    image = Image.open(file)
    assert image.mode == "I;16"
    np.testing.assert_array_equal(AUGMENT(image), numbers)
    floats = numbers.astype(np.float32) / 7
    np.testing.assert_array_equal(AUGMENT(Image.fromarray(floats)), floats)


@pytest.mark.parametrize(
    ("mode", "line"),
    [
        ("1", 'image.convert("L")'),
        ("P", 'image.convert("RGB")'),
        ("LA", 'image.convert("RGBA")'),
        ("CMYK", 'image.convert("RGB")'),
        ("I", "np.asarray(image).astype(np.uint16)"),
    ],
)
def test_other_modes_of_pil(mode, line):
    image = Image.fromarray(NUMBERS).convert("L").convert(mode) if mode != "CMYK" else Image.new("CMYK", (4, 5))
    with pytest.raises(vg.InputError, match=re.escape(line)):
        AUGMENT(image)
    assert AUGMENT(eval(line)).shape[:2] == image.size[::-1]  # what is offered is taken


def test_masks_as_pil_images_are_taken():
    numbers = (NUMBERS[..., 0] > 99).astype(np.uint8) * 7
    for mask in (Image.fromarray(numbers), Image.fromarray(numbers).convert("P"), Image.fromarray(numbers > 0)):
        out = vg.Compose([vg.HorizontalFlip()])(image=NUMBERS, mask=mask)["mask"]
        np.testing.assert_array_equal(out, (numbers if mask.mode != "1" else numbers > 0)[:, ::-1])
    stack = vg.Compose([vg.HorizontalFlip()], targets={"masks": vg.Mask(stack=True)})
    out = stack(image=NUMBERS, masks=[Image.fromarray(numbers)] * 2)["masks"]
    np.testing.assert_array_equal(out, [numbers[:, ::-1]] * 2)
    with pytest.raises(vg.InputError, match=r'mask: a mask as a PIL image has one number a pixel: .* got "RGB"'):
        vg.Compose([])(image=NUMBERS, mask=Image.fromarray(NUMBERS))


@pytest.mark.parametrize("name", ["image", "mask", "depth", "boxes", "keypoints"])
def test_a_masked_array_that_hides_values_is_refused(name):
    """What lies under its mask would come out as data."""
    given = {
        "image": np.full((12, 9, 3), 7, np.uint8),
        "mask": np.full((12, 9), 2, np.uint8),
        "depth": np.full((12, 9), 0.5, np.float32),
        "boxes": np.array([[1.0, 1, 5, 5], [2, 2, 6, 6]]),
        "keypoints": np.array([[[1.0, 2]], [[3, 4]]]),
    }
    depth = vg.Image(colour=False)
    augment = vg.Compose(
        [], targets=vg.Targets(boxes=vg.Boxes(), keypoints=vg.Keypoints(), mask=vg.Mask(), depth=depth)
    )
    masked = np.ma.MaskedArray(given[name])
    plain, same = augment(**given), augment(**{**given, name: masked})
    assert all(np.array_equal(plain[each], same[each]) for each in given)  # nothing is hidden
    masked[0, 0] = np.ma.masked
    with pytest.raises(vg.InputError, match=r"masked array .* values are hidden: write array.filled\(value\)"):
        augment(**{**given, name: masked})


def test_room_for_a_batch_is_one_array_where_the_results_have_one_shape():
    asked = []
    room = empty_batch([(4, 6, 3)] * 2, np.dtype("uint16"), lambda *ask: asked.append(ask) or np.zeros(*ask))
    assert room.shape == (2, 4, 6, 3) and asked == [((2, 4, 6, 3), np.uint16)]
    rooms = empty_batch([(4, 6, 3), (2, 6, 3)], np.dtype("float32"))
    assert [(each.shape, each.dtype) for each in rooms] == [((4, 6, 3), np.float32), ((2, 6, 3), np.float32)]
