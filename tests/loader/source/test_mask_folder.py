"""A mask is the numbers of its PNG, never its colours, and belongs to a picture of its size."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import DecodeError, FieldError, InputError, SourceError
from variegate.loader import ImageFolder, ImageMaskFolder, Loader
from variegate.loader.decode import read_mask
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Mask, Targets

ROOM = lambda size: memoryview(bytearray(size))  # noqa: E731


def classes(height: int = 12, width: int = 20, most: int = 256, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, most, (height, width)).astype(np.uint16 if most > 256 else np.uint8)


def save(path: Path, mask: np.ndarray, palette: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(mask)
    if palette:
        image.putpalette(np.random.default_rng(1).integers(0, 256, 768).astype(np.uint8).tobytes())
    image.save(path)
    return path


def small_png(path: Path, mask: np.ndarray, depth: int, colour: int) -> Path:
    """A PNG of fewer than 8 bits a pixel, which Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bits = (mask[:, :, None] >> np.arange(depth)[::-1]) & 1
    rows = np.packbits(bits.reshape(len(mask), -1).astype(np.uint8), axis=1)
    head = struct.pack(">IIBBBBB", mask.shape[1], mask.shape[0], depth, colour, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(range(3 * (1 << depth)))) if colour == 3 else b""
    data = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette + data + chunk(b"IEND", b""))
    return path


@pytest.fixture
def root(tmp_path: Path, photo: Callable[..., Path]) -> Path:
    for n, name in enumerate(("b", "a", "deep/c")):
        photo(tmp_path / "images" / f"{name}.jpg", 12 + n, 20)
        save(tmp_path / "masks" / f"{name}.png", classes(12 + n, seed=n), palette=n == 1)
    return tmp_path


def test_a_mask_is_the_numbers_of_its_pixels(root: Path, read_leaves: Callable[..., Any]) -> None:
    source = ImageMaskFolder(root / "images", root / "masks", classes=["sky", "road"], ignore_index=255, mode="L")
    assert source.paths == ["a.jpg", "b.jpg", "deep/c.jpg"] and source.masks == ["a.png", "b.png", "deep/c.png"]
    assert source.targets == Targets(mask=Mask(ignore_index=255)) and source.classes == ["sky", "road"]
    for i, seed in enumerate((1, 0, 2)):
        fields = source.fields(i)
        assert list(fields) == ["mask"] and fields["mask"].dtype == np.uint8
        assert np.array_equal(fields["mask"], classes(12 + seed, seed=seed))
        assert fields["mask"].flags.writeable and fields["mask"].flags.c_contiguous
        assert read_leaves(source, i, (12 + seed, 20))["mask"].pixels.shape == (12 + seed, 20)
        assert source.read(i) == Path(source.where(i)).read_bytes()
    assert source.ids.tolist() == ImageFolder(root / "images", labelled=False).ids.tolist()
    assert repr(source) == f"ImageMaskFolder('{root}/images', 3 pictures)"
    assert source.where_mask(2) == f"{root}/masks/deep/c.png" and source.mode == "L"


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    mask = classes(most=65536)
    found = read_mask(str(save(tmp_path / "m.png", mask)))
    assert found.dtype == np.uint16 and np.array_equal(found, mask)


@pytest.mark.parametrize("colour", [0, 3])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_are_not_spread(tmp_path: Path, depth: int, colour: int) -> None:
    mask = classes(5, 8, 1 << depth)
    found = read_mask(str(small_png(tmp_path / "m.png", mask, depth, colour)))
    assert found.dtype == np.uint8 and np.array_equal(found, mask) and mask.max() == (1 << depth) - 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colours_are_no_classes(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (3, 2)).save(tmp_path / "m.png")
    with pytest.raises(
        InputError, match=r"m\.png: a pixel of a mask is one number.* has colours \((red|grey).*as grey"
    ):
        read_mask(str(tmp_path / "m.png"))


def test_a_damaged_mask_is_named(root: Path) -> None:
    source = ImageMaskFolder(root / "images", root / "masks")
    path = root / "masks" / "a.png"
    data = path.read_bytes()
    Image.new("L", (3, 2)).save(path, "JPEG")
    for read in (source.fields, lambda i: source.sample(i, ROOM)):
        with pytest.raises(DecodeError, match=r"a\.png: cannot be decoded: it is no PNG; masks are PNG files"):
            read(0)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DecodeError, match=r"a\.png: cannot be decoded: the file ends within its b'PLTE' chunk"):
        source.fields(0)
    path.unlink()
    with pytest.raises(DecodeError, match=r"a\.png: cannot be decoded: it cannot be read \(No such file"):
        source.fields(0)


def test_a_mask_has_the_size_of_its_picture(root: Path, photo: Callable[..., Path]) -> None:
    source = ImageMaskFolder(root / "images", root / "masks")
    photo(root / "images" / "a.jpg", 13, 20, orientation=8)
    photo(root / "images" / "b.jpg", 13, 20)
    said = (
        r"a\.jpg: the picture is 20 x 13 \(height x width\), its labels are for 13 x 20: labels lie on the picture as"
    )
    with pytest.raises(InputError, match=said):
        source.sample(0, ROOM)
    with pytest.raises(InputError, match=r"is 13 x 20 .* for 12 x 20: they belong to another picture, or"):
        source.sample(1, ROOM)
    photo(root / "images" / "a.jpg", 20, 13, orientation=8)  # upright, it is 13 x 20
    assert source.sample(0, ROOM)[0] == (root / "images" / "a.jpg").read_bytes()


def test_every_picture_has_a_mask_and_every_mask_a_picture(root: Path, photo: Callable[..., Path]) -> None:
    photo(root / "images" / "d.jpg")
    with pytest.raises(SourceError, match=r"masks: there is no mask for d; each picture of .*images needs one"):
        ImageMaskFolder(root / "images", root / "masks")
    assert ImageMaskFolder(root / "images", root / "masks", ["deep/c", "a"]).paths == ["deep/c.jpg", "a.jpg"]
    save(root / "masks" / "d.png", classes())
    save(root / "masks" / "e.png", classes())
    with pytest.raises(SourceError, match="images: there is no picture for e; each mask"):
        ImageMaskFolder(root / "images", root / "masks")
    photo(root / "images" / "a.png")
    with pytest.raises(SourceError, match=r"images: a\.jpg and a\.png have one name"):
        ImageMaskFolder(root / "images", root / "masks")


def test_suffixes_tell_files_apart(tmp_path: Path, photo: Callable[..., Path]) -> None:
    for name in ("x_photo", "x_depth", "y_photo"):
        photo(tmp_path / f"{name}.jpg")
    for name in ("x_ids", "x_colours", "y_ids"):
        save(tmp_path / f"{name}.png", classes())
    source = ImageMaskFolder(tmp_path, tmp_path, image_suffix="_photo", mask_suffix="_ids")
    assert list(zip(source.paths, source.masks, strict=True)) == [
        ("x_photo.jpg", "x_ids.png"),
        ("y_photo.jpg", "y_ids.png"),
    ]


def test_what_is_no_data_set(root: Path) -> None:
    with pytest.raises(SourceError, match="absent: there is no such folder"):
        ImageMaskFolder(root / "images", root / "absent")
    with pytest.raises(SourceError, match=r"images: no masks; looked for \*\.png.*found 3 files \(\.jpg\)"):
        ImageMaskFolder(root / "images", root / "images")


def test_a_pickled_source_is_the_same(root: Path, equal: Callable[..., bool]) -> None:
    source = ImageMaskFolder(root / "images", root / "masks")
    assert equal(pickle.loads(pickle.dumps(source)), source)


def test_masks_of_another_resolution_are_declared(tmp_path: Path, photo: Callable[..., Path]) -> None:
    photo(tmp_path / "images/a.jpg", 12, 20)
    save(tmp_path / "masks/a.png", classes(3, 5))
    said = r"labels are for 3 x 5: .*; masks of another resolution than their pictures are declared, as by stride=4$"
    with pytest.raises(InputError, match=said):
        ImageMaskFolder(tmp_path / "images", tmp_path / "masks").sample(0, ROOM)
    source = ImageMaskFolder(tmp_path / "images", tmp_path / "masks", stride=4, ignore_index=9)
    assert source.targets == Targets(mask=Mask(stride=4, ignore_index=9))
    augment = Compose([HorizontalFlip()], targets={"mask": Mask(stride=4)})
    batch = Loader(source, augment, batch_size=1).batch(0, 0)
    assert batch["image"].shape == (1, 12, 20, 3) and np.array_equal(batch["mask"][0], classes(3, 5)[:, ::-1])
    other = ImageMaskFolder(tmp_path / "images", tmp_path / "masks", stride=2)
    with pytest.raises(InputError, match=r"mask is 3 x 5 and `image` 12 x 20 .* with stride=2 a mask is 6 x 10"):
        Loader(other, batch_size=1).batch(0, 0)


def test_what_is_not_complete_may_be_left_out(root: Path, photo: Callable[..., Path]) -> None:
    whole = ImageMaskFolder(root / "images", root / "masks", missing="skip")
    assert whole.incomplete == [] and whole.paths == ImageMaskFolder(root / "images", root / "masks").paths
    photo(root / "images" / "lone.jpg", 12, 20)
    save(root / "masks" / "odd.png", classes())
    with pytest.raises(SourceError, match=r"there is no mask for .*lone"):
        ImageMaskFolder(root / "images", root / "masks")
    found = ImageMaskFolder(root / "images", root / "masks", missing="skip")
    assert found.paths == whole.paths and sorted(found.incomplete) == ["lone", "odd"]
    assert repr(found).endswith("3 pictures, 2 left out)") and "left out" not in repr(whole)
    some = ImageMaskFolder(root / "images", root / "masks", names=["a", "lone", "nowhere"], missing="skip")
    assert some.paths == ["a.jpg"] and some.incomplete == ["lone", "nowhere"]
    with pytest.raises(SourceError, match="the list of samples has no names"):
        ImageMaskFolder(root / "images", root / "masks", names=["lone"], missing="skip")
    with pytest.raises(FieldError, match=r"^ImageMaskFolder\.missing is 'raise' or 'skip', got 'ignore'$"):
        ImageMaskFolder(root / "images", root / "masks", missing="ignore")  # type: ignore[arg-type]
