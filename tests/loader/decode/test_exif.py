"""The orientation in Exif and XMP, by one rule; test_image.py holds whole files of every format to it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from PIL import Image

from variegate.loader.decode.exif import exif_orientation, orientation_of, xmp_orientation

CODES = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f"}


def block(*tags: tuple[int, int, int, bytes], order: str = "<", behind: bytes = b"") -> bytes:
    """An Exif block of (tag, type, count, the four bytes of its value or place)."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    rows = b"".join(struct.pack(f"{order}HHI", *tag[:3]) + tag[3] for tag in tags)
    return start + struct.pack(f"{order}IH", 8, len(tags)) + rows + bytes(4) + behind


def turned(kind: int, value: float, order: str = "<", count: int = 1) -> bytes:
    return block((274, kind, count, struct.pack(order + CODES[kind], value).ljust(4, b"\0")), order=order)


def packet(inner: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [1, 3, 4, 6, 8, 9])
@pytest.mark.parametrize("value", range(1, 9))
def test_whole_numbers_of_every_type_count(order: str, kind: int, value: int) -> None:
    for data in (turned(kind, value, order), memoryview(turned(kind, value, order))):
        assert exif_orientation(data) == value
    assert exif_orientation(b"Exif\0\0" + turned(kind, value, order)) == value


@pytest.mark.parametrize("value", [0, 9, 255])
def test_a_number_without_a_sense_is_there_and_turns_nothing(value: int) -> None:
    assert exif_orientation(turned(3, value)) == 1
    assert orientation_of([turned(3, value)], packet(' tiff:Orientation="6">')) == 1


@pytest.mark.parametrize("kind", [0, 2, 7, 11, 99])
def test_other_types_turn_nothing(kind: int) -> None:
    assert exif_orientation(block((274, kind, 1, b"\6\0\0\0"))) == 1


def test_of_several_numbers_the_first_counts() -> None:
    assert exif_orientation(turned(3, 6, count=2)) == 6
    beyond = block((274, 3, 3, struct.pack("<I", 26)), behind=struct.pack("<3H", 8, 1, 1))
    assert exif_orientation(beyond) == 8
    assert exif_orientation(block((274, 3, 0, b"\6\0\0\0"))) == 1


@pytest.mark.parametrize("value", [1, 3, 6, 8])
def test_as_pillow_writes_it(value: int) -> None:
    exif = Image.Exif()
    exif[271], exif[274], exif[305] = "maker", value, "software"
    assert exif_orientation(exif.tobytes()) == value


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"zz",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"zz*\0\x08\0\0\0",
        b"II+\0" + turned(3, 6)[4:],
        turned(3, 6)[:18],
        block((271, 2, 1, bytes(4))),
    ],
)
def test_what_is_broken_or_lacks_the_tag_is_passed_over(broken: bytes) -> None:
    assert exif_orientation(broken) is None
    assert orientation_of([broken]) == 1
    assert orientation_of([broken, turned(3, 6), turned(3, 8)]) == 6
    assert orientation_of([broken], packet(' tiff:Orientation="6">')) == 6


@pytest.mark.parametrize(
    ("inner", "want"),
    [
        (' tiff:Orientation="6">', 6),
        (" tiff:Orientation = '6'>", 6),
        ("><tiff:Orientation>8</tiff:Orientation>", 8),
        ("><tiff:Orientation>\n 3\n</tiff:Orientation>", 3),
        (' tiff:Orientation="0">', 1),
        (' tiff:Orientation="9">', 1),
        (">", None),
        (' tiff:Orientation="">', None),
        (' tiff:OrientationHint="6">', None),
    ],
)
def test_xmp(inner: str, want: Any) -> None:
    assert xmp_orientation(packet(inner)) == xmp_orientation(memoryview(packet(inner))) == want
    assert orientation_of([], packet(inner)) == (want or 1)


def test_exif_goes_before_xmp() -> None:
    assert orientation_of([turned(3, 1)], packet(' tiff:Orientation="6">')) == 1
    assert orientation_of([turned(3, 8)], packet(' tiff:Orientation="6">')) == 8
