"""Formats: which of Pillow's readers a file may reach.

Pillow has more than forty, many of them for formats that nobody trains on, and each is code that strangers' bytes run
through. So a file reaches those of READ alone, and those that the user has asked for.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from typing import IO, Any, cast

from variegate.errors import FieldError
from variegate.loader.decode import jpeg, png

# As Pillow calls them -> the module that has the reader. What calls itself MPO comes by way of JPEG.
READ = {
    **{"JPEG": "PIL.JpegImagePlugin", "PNG": "PIL.PngImagePlugin", "WEBP": "PIL.WebPImagePlugin"},
    **{"BMP": "PIL.BmpImagePlugin", "GIF": "PIL.GifImagePlugin", "TIFF": "PIL.TiffImagePlugin"},
    **{"PPM": "PIL.PpmImagePlugin", "JPEG2000": "PIL.Jpeg2KImagePlugin", "AVIF": "PIL.AvifImagePlugin"},
}
EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".jp2", ".j2k", ".avif"),
)
AIR = 4 << 20  # bytes
FEW = 1 << 14  # bytes, of which a copy costs less than to hand them out
CANVAS = "WEBP", "AVIF"  # whose readers have a canvas or planes of their own, as those of plugins are taken to have
PROGRAMS = "EPS", "WMF"  # which Pillow has other programs draw
_further: dict[str, str] = {}  # the same, of formats that the user has asked for


def allow_formats(*names: str, plugin: str = "") -> None:
    """Read pictures of further formats, in this process from now on: as ImageFolder lists them, and in every source.

    names   as Pillow calls them: "TGA", "ICO", "HEIF", "JXL"
    plugin  a module that registers them with Pillow when it is imported; "" for what Pillow has itself. HEIC and HEIF:
            "pillow_heif.HeifImagePlugin" (pip install pillow-heif); JPEG XL: "pillow_jxl" (pip install
            pillow-jxl-plugin)

    Processes of `isolate=True` know of it; a worker that is spawned, not forked, calls it itself. Every further reader
    is one more that may be fooled by a file made for it: allow what your data has.

    >>> from variegate.loader.decode import formats
    >>> allow_formats("TGA")
    >>> ".tga" in formats.extensions()
    True

    Raises  FieldError if there is no such module, or no reader of that name once it is imported.
    """
    from PIL import Image

    if not names or not all(isinstance(name, str) for name in names):
        raise FieldError(f'allow_formats takes the names of formats, such as "TGA"; got {names!r}')
    if plugin:
        try:
            import_module(plugin)
        except ImportError as error:
            raise FieldError(f"allow_formats: plugin={plugin!r} cannot be imported ({error}); install it") from error
    for name in names:
        found = name.upper()
        if found not in Image.OPEN:
            Image.init()
        if found not in Image.OPEN:
            hint = "" if plugin else '; one that a plugin brings needs its module, as plugin="pillow_jxl"'
            raise FieldError(f"allow_formats: Pillow reads no format {name!r}, but {', '.join(Image.OPEN)}{hint}")
        if found in PROGRAMS:
            raise FieldError(f"allow_formats: {found} is a program that draws, not a picture; convert it to PNG")
        if found not in READ:
            _further[found] = plugin


def further() -> Mapping[str, str]:
    """The formats that the user has asked for, and the plugin of each: what another process is to be told."""
    return dict(_further)


def allow_again(formats: Mapping[str, str]) -> None:
    """Allow what another process had allowed."""
    for name, plugin in formats.items():
        if _further.get(name) != plugin:
            allow_formats(name, plugin=plugin)


def allowed() -> tuple[str, ...]:
    """The formats whose readers a file may reach."""
    return (*READ, *_further)


def extensions() -> tuple[str, ...]:
    """What names of picture files end with."""
    if not _further:
        return EXTENSIONS
    from PIL import Image

    theirs = Image.registered_extensions().items()
    return (*EXTENSIONS, *sorted(end for end, name in theirs if name in _further and end not in EXTENSIONS))


def opened_by_pillow(data: bytes | memoryview) -> Any:
    """What Pillow makes of a file's header; None if it is of no format that may be read.

    Nothing of the file is copied: the picture reads it as it stands, so it stays as it is until it is decoded. Of a PNG
    or a JPEG it is shown what the pixels need, as a broken text or profile is no reason to refuse it.
    """
    from PIL import Image, UnidentifiedImageError

    for name, module in READ.items():
        if name not in Image.OPEN:
            import_module(module)
    try:
        picture = Image.open(as_file(*_pixels_alone(data)), formats=allowed())
    except UnidentifiedImageError:
        return None
    if picture.format == "TIFF":  # which Pillow would turn by it once it is loaded; `exif.py` has the rule
        picture.info.pop("xmp", None)
    return picture


def has_canvas(picture: Any) -> bool:
    """Whether a picture's reader holds a canvas or planes of its own from when it is opened, or may."""
    return picture.format in CANVAS or bool(_further.get(picture.format))


def _pixels_alone(data: bytes | memoryview) -> Sequence[bytes | memoryview]:
    """What of a file its pixels need, in parts, where its metadata can be told from that."""
    if data[:8] == png.SIGNATURE:
        return png.pixels_alone(data)
    return jpeg.pixels_alone(data) if data[:2] == jpeg.SIGNATURE else [data]


def held_by(picture: Any, data: bytes | memoryview) -> int:
    """Bytes that Pillow and its reader hold while they read a picture of which the header was opened, as measured.

    Pillow has 1 byte a pixel of a picture of one band of 8 bits, and 4 of any other; and bands on their way to ours.
    """
    from PIL import Image

    pixels: int = picture.size[0] * picture.size[1]
    codec = picture.tile[0].codec_name if picture.tile else ""
    a_pixel = 1 if picture.mode in ("1", "L", "P") else 4
    canvas = has_canvas(picture)
    if canvas:
        a_pixel += 12  # 10 are touched at once; of those of another picture, the heap may not have given all back
    elif picture.format == "JPEG2000":  # whose reader has integers of 32 bits
        a_pixel += 5 * len(picture.getbands())
    elif codec in Image.DECODERS:  # written in Python: all bytes are there before they are pixels
        a_pixel += len(picture.getbands())
    copy = len(data) if canvas or codec == "libtiff" else 0
    return pixels * a_pixel + copy + min(AIR, 8 * pixels)


def as_file(*parts: bytes | memoryview) -> IO[bytes]:
    """Bytes in memory, in one part or several, as a file to read; of more than a few nothing is copied."""
    if sum(map(len, parts)) <= FEW:
        return io.BytesIO(b"".join(parts))
    return cast(IO[bytes], _InMemory(parts))


class _InMemory(io.RawIOBase):
    """Bytes in memory as a file to read, where BytesIO would have a copy of them."""

    def __init__(self, parts: Sequence[bytes | memoryview]) -> None:
        self._parts = [memoryview(part) for part in parts]
        self._ends = list(accumulate(map(len, self._parts)))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place: int = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[-1]}[whence]
        if place < 0:
            raise ValueError(f"no place {place} of a file")
        self._at = place
        return place

    def read(self, size: int | None = -1) -> bytes:
        return b"".join(self._next(self._ends[-1] if size is None or size < 0 else size))

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any) -> int:
        room: memoryview = memoryview(buffer).cast("B")
        done = 0
        for found in self._next(len(room)):
            room[done : done + len(found)] = found
            done += len(found)
        return done

    def _next(self, size: int) -> Iterator[memoryview]:
        """The next bytes, as they lie in the parts."""
        last = min(self._at + size, self._ends[-1])
        while self._at < last:
            number = bisect_right(self._ends, self._at)
            start = self._ends[number] - len(self._parts[number])
            found = self._parts[number][self._at - start : last - start]
            self._at += len(found)
            yield found
