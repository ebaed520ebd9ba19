"""Odd files of all other formats that are read: WebP, GIF, BMP, TIFF, Netpbm's, JPEG 2000, AVIF."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from typing import Any

import broken
import numpy as np
from odd import EITHER, HEIGHT, REFUSED, WIDTH, Odd, deep, exif, pixels, profile, shown, xmp
from PIL import Image, TiffImagePlugin

SIDES = (1, 1), (1, 9), (9, 1), (17, 33)


def saved(mode: str, kind: str, ending: str = "", expect: str = "", size: Any = (WIDTH, HEIGHT), **options: Any) -> Odd:
    """A file that Pillow writes, of a mode."""
    data = broken.encoded(shown(size=size, mode=mode), kind, **options)
    return Odd(ending or kind.lower(), data, *([expect] if expect else []))


def film(kind: str, count: int = 3, mode: str = "RGB", **options: Any) -> bytes:
    """Several frames or pages."""
    out = io.BytesIO()
    frames = [shown(n, mode=mode) for n in range(count)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], **options)
    return out.getvalue()


def webp() -> Iterator[tuple[str, Odd]]:
    """WebP: of both codings, with alpha, frames, metadata."""
    plain = saved("RGB", "WebP")
    yield "lossy", plain
    for quality in (0, 100):
        yield f"of quality {quality}", saved("RGB", "WebP", quality=quality)
    yield "lossless", saved("RGB", "WebP", lossless=True)
    yield "with alpha", saved("RGBA", "WebP")
    yield "lossless with alpha", saved("RGBA", "WebP", lossless=True, exact=True)
    yield "grey", saved("L", "WebP")
    yield "animated", Odd("webp", film("WebP", duration=40))
    yield "animated, lossless with alpha", Odd("webp", film("WebP", mode="RGBA", lossless=True))
    for way in (1, 3, 6, 8):
        yield f"with Exif {way}", plain.but(broken.encoded(shown(), "WebP", exif=exif(way)), turn=way)
    yield "with XMP", plain.but(broken.encoded(shown(), "WebP", xmp=xmp(6)), turn=6)
    yield "with a profile", plain.but(broken.encoded(shown(), "WebP", icc_profile=profile()))
    yield "with a broken Exif", plain.but(broken.encoded(shown(), "WebP", exif=b"II*\0\xff"), turn=1)
    yield "bytes behind it", plain.but(plain.data + broken.LOREM)
    for size in SIDES:
        yield f"{size[0]} x {size[1]}", saved("RGB", "WebP", size=size)


def gif() -> Iterator[tuple[str, Odd]]:
    """GIF: frames, transparency, order of rows."""
    for mode in ("P", "L", "1"):
        for interlaced in (0, 1):
            yield f"{mode}, interlaced {interlaced}", saved(mode, "GIF", interlace=interlaced)
    yield "transparent", saved("P", "GIF", transparency=0)
    yield "of colours and alpha", saved("RGBA", "GIF")
    yield "with a comment", saved("P", "GIF", comment=b"word " * 1000)
    yield "animated", Odd("gif", film("GIF", duration=40, loop=0))
    yield "animated, put back", Odd("gif", film("GIF", mode="P", disposal=2))
    plain = saved("P", "GIF")
    yield "of 1987", plain.but(b"GIF87a" + plain.data[6:])
    yield "bytes behind it", plain.but(plain.data + broken.LOREM)
    one = broken.encoded(Image.new("P", (9, 9)), "GIF")
    yield "one colour", Odd("gif", one)
    for size in SIDES:
        yield f"{size[0]} x {size[1]}", saved("P", "GIF", size=size)


def bmp() -> Iterator[tuple[str, Odd]]:
    """BMP: depths, and rows from above."""
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"of {mode}", saved(mode, "BMP")
        yield f"of {mode}, an odd size", saved(mode, "BMP", size=(13, 5))
    plain = saved("RGB", "BMP")
    start = struct.unpack_from("<I", plain.data, 10)[0]
    rows = np.frombuffer(plain.data[start:], np.uint8).reshape(HEIGHT, -1)[::-1].tobytes()
    yield "rows from above", plain.but(plain.data[:22] + struct.pack("<i", -HEIGHT) + plain.data[26:start] + rows)
    core = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24)
    body = plain.data[start:]
    yield "of OS/2", plain.but(b"BM" + struct.pack("<IHHI", 26 + len(body), 0, 0, 26) + core + body)
    yield "bytes behind it", plain.but(plain.data + broken.LOREM)
    yield "without its last rows", Odd("bmp", plain.data[:-400], REFUSED)
    yield "named .png", Odd("png", plain.data)


def by_tifffile(values: np.ndarray, **options: Any) -> bytes:
    """A TIFF that tifffile writes."""
    import tifffile

    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


def tiff() -> Iterator[tuple[str, Odd]]:
    """TIFF: packings, modes, tiles, planes, depths, pages, orders of bytes."""
    for packing in ("raw", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd"):
        for mode in ("RGB", "L"):
            with contextlib.suppress(OSError, ValueError):  # a libtiff without it
                yield f"{packing}, {mode}", saved(mode, "TIFF", "tif", compression=packing)
    for packing in ("group3", "group4", "tiff_ccitt"):
        yield f"{packing}, 1", saved("1", "TIFF", compression=packing)
    for mode in ("1", "P", "LA", "RGBA", "CMYK", "YCbCr"):
        yield f"of {mode}", saved(mode, "TIFF", "tif")
    yield "of LAB", Odd("tif", broken.encoded(Image.merge("LAB", shown().split()), "TIFF"), EITHER)
    plain = saved("RGB", "TIFF")
    for way in range(1, 9):
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[274] = way
        yield (
            f"orientation {way}",
            Odd("tiff", broken.encoded(shown(), "TIFF", tiffinfo=tags), plain=plain.data, turn=way),
        )
        packed = broken.encoded(shown(), "TIFF", tiffinfo=tags, compression="tiff_lzw")
        yield f"orientation {way}, LZW", Odd("tiff", packed, plain=plain.data, turn=way)
    colour, grey = pixels(), pixels()[..., 1]
    known = {"plain": broken.encoded(Image.fromarray(colour), "PNG")}
    for name, options in {
        "BigTIFF": {"bigtiff": True},
        "tiles": {"tile": (16, 16)},
        "BigTIFF, tiles": {"bigtiff": True, "tile": (32, 16)},
        "one row a strip": {"rowsperstrip": 1},
        "big-endian": {"byteorder": ">"},
        "deflate": {"compression": "zlib"},
        "deflate, tiles": {"compression": "zlib", "tile": (16, 16)},
        "big-endian, BigTIFF": {"byteorder": ">", "bigtiff": True},
    }.items():
        yield name, Odd("tif", by_tifffile(colour, photometric="rgb", **options), **known)
        grey_too = broken.encoded(Image.fromarray(grey), "PNG")
        yield f"{name}, grey", Odd("tif", by_tifffile(grey, photometric="minisblack", **options), plain=grey_too)
    apart = by_tifffile(np.moveaxis(colour, 2, 0), photometric="rgb", planarconfig="separate")
    yield "planes", Odd("tif", apart, **known)
    inverted = by_tifffile(255 - grey, photometric="miniswhite")
    yield "white is 0", Odd("tif", inverted, plain=broken.encoded(Image.fromarray(grey), "PNG"))
    yield "three pages", Odd("tif", film("TIFF"))
    yield "three pages, tifffile's", Odd("tif", by_tifffile(np.stack([colour] * 3), photometric="rgb"), **known)
    for order in "<>":
        yield f"16 bits {order}", Odd("tif", by_tifffile(deep()[..., 0], byteorder=order), "uint16")
        deep_colour = by_tifffile(deep(3), byteorder=order, photometric="rgb")
        yield f"16 bits RGB {order}", Odd("tif", deep_colour, "uint16")
        halves = by_tifffile((deep()[..., 0] % 2000).astype(np.float16), byteorder=order)
        yield f"floats of 16 bits {order}", Odd("tif", halves, "float32")
        for dtype in ("float32", "int16", "int8", "int32"):
            signed = (deep()[..., 0] % 100).astype(dtype)
            yield f"{dtype} {order}", Odd("tif", by_tifffile(signed, byteorder=order), "float32")
    yield (
        "16 bits RGB, planes",
        Odd("tif", by_tifffile(np.moveaxis(deep(3), 2, 0), photometric="rgb", planarconfig="separate"), "uint16"),
    )
    yield "uint32", Odd("tif", by_tifffile((deep(1, 32) % 1000)[..., 0]), "float32")
    yield "float64", Odd("tif", by_tifffile(deep()[..., 0].astype(np.float64)), "float32")
    yield "float32 RGB", Odd("tif", by_tifffile(deep(3).astype(np.float32), photometric="rgb"), "float32")
    yield "float32 deflate", Odd("tif", by_tifffile(deep()[..., 0].astype(np.float32), compression="zlib"), "float32")
    yield (
        "five bands",
        Odd("tif", by_tifffile(deep(5, 8).astype(np.uint8), photometric="minisblack", planarconfig="contig"), EITHER),
    )
    yield (
        "eight bands of 16 bits",
        Odd("tif", by_tifffile(deep(8), photometric="minisblack", planarconfig="contig"), EITHER),
    )
    yield "bits that nothing has", Odd("tif", plain.data.replace(*_bits(24)), EITHER)
    for packing in ("raw", "tiff_lzw"):
        data = saved("RGB", "TIFF", compression=packing).data
        for kind in ("<HHIH", "<HHII"):  # of whichever type its height is
            height, more = (struct.pack(kind, 257, 3 + (kind[-1] == "I"), 1, rows) for rows in (HEIGHT, HEIGHT + 9))
            data = data.replace(height, more)
        yield f"more rows than strips, {packing}", Odd("tif", data, REFUSED)
    yield "cut", Odd("tif", saved("RGB", "TIFF", compression="tiff_lzw").data[:-300], REFUSED)
    yield "bytes behind it", plain.but(plain.data + broken.LOREM)
    yield "named .jpg", Odd("jpg", plain.data)


def _bits(count: int) -> tuple[bytes, bytes]:
    """The bits of three bands in a TIFF of Pillow's, and others."""
    return struct.pack("<HHH", 8, 8, 8), struct.pack("<HHH", count, count, count)


def netpbm() -> Iterator[tuple[str, Odd]]:
    """PBM, PGM, PPM and PFM, in bytes and in text."""
    colour, grey = pixels(), pixels()[..., 0]
    head = f"{WIDTH} {HEIGHT}".encode()
    yield "PBM", saved("1", "PPM", "pbm")
    bits = np.asarray(shown(mode="1"))
    yield "PBM, text", Odd("pbm", b"P1\n" + head + b"\n" + b"\n".join(b" ".join(b"01"[v : v + 1] for v in 1 - row)
                                                                     for row in bits.astype(int)) + b"\n",
                           plain=broken.encoded(Image.fromarray(bits), "PNG"))  # fmt: skip
    yield "PGM", saved("L", "PPM", "pgm")
    yield "PPM", saved("RGB", "PPM")
    texts = [(b"P2", grey, "pgm"), (b"P3", colour, "ppm")]
    for magic, values, ending in texts:
        words = b"\n".join(b" ".join(b"%d" % v for v in row) for row in values.reshape(HEIGHT, -1))
        said = magic + b"\n# a comment\n" + head + b" # and another\n255\n" + words + b"\n"
        yield f"{ending} of text", Odd(ending, said, plain=broken.encoded(Image.fromarray(values), "PNG"))
    yield "white is 15", Odd("pgm", b"P5 " + head + b" 15\n" + (grey // 16).tobytes())
    yield "white is 1", Odd("pgm", b"P5 " + head + b" 1\n" + (grey // 128).tobytes(), EITHER)
    for white in (256, 1000, 4095, 65535):
        values = (deep()[..., 0].astype(np.int64) % (white + 1)).astype(">u2")
        yield f"white is {white}", Odd("pgm", b"P5\n" + head + b"\n%d\n" % white + values.tobytes(), "uint16")
    yield "PPM of 16 bits", Odd("ppm", b"P6\n" + head + b"\n65535\n" + deep(3).astype(">u2").tobytes(), "uint16")
    for magic, bands in ((b"Pf", 1), (b"PF", 3)):
        for scale, order in ((b"-1.0", "<f4"), (b"1.0", ">f4")):
            numbers = deep(bands).astype(order).tobytes()
            yield (
                f"PFM {magic.decode()} {scale.decode()}",
                Odd("pnm", magic + b"\n" + head + b"\n" + scale + b"\n" + numbers, "float32"),
            )
    yield "too short", Odd("ppm", b"P6\n" + head + b"\n255\n" + bytes(90), REFUSED)
    yield "numbers above white", Odd("pgm", b"P2\n2 2\n7\n1 2 3 9\n", EITHER)
    yield "letters for numbers", Odd("pgm", b"P2\n2 2\n255\n1 2 x 9\n", REFUSED)
    yield "a size of 2000 digits", Odd("pgm", b"P5\n" + b"9" * 2000 + b" 2\n255\n", REFUSED)
    yield "a PAM", Odd("pnm", b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\nENDHDR\n" + bytes(4), REFUSED)


def jpeg_2000() -> Iterator[tuple[str, Odd]]:
    """JPEG 2000: whole and lossy, tiles, depths, a bare stream."""
    for mode in ("RGB", "L", "RGBA", "LA"):
        yield f"of {mode}", saved(mode, "JPEG2000", "jp2")
    yield "lossy", saved("RGB", "JPEG2000", "jp2", irreversible=True, quality_layers=[20])
    yield "tiles", saved("RGB", "JPEG2000", "jp2", tile_size=(32, 32))
    yield "a bare stream", saved("RGB", "JPEG2000", "jp2", no_jp2=True)
    yield "one resolution", saved("RGB", "JPEG2000", "jp2", num_resolutions=1)
    yield "16 bits", Odd("jp2", broken.encoded(Image.fromarray(deep()[..., 0]), "JPEG2000"), "uint16")
    for size in SIDES:
        yield f"{size[0]} x {size[1]}", saved("RGB", "JPEG2000", "jp2", size=size)
    yield "cut", Odd("jp2", saved("RGB", "JPEG2000").data[:60], REFUSED)


def avif() -> Iterator[tuple[str, Odd]]:
    """AVIF: sampling, alpha, frames, orientation."""
    for sampling in ("4:2:0", "4:2:2", "4:4:4", "4:0:0"):
        yield sampling, saved("RGB", "AVIF", subsampling=sampling, speed=10)
    yield "with alpha", saved("RGBA", "AVIF", speed=10)
    yield "grey", saved("L", "AVIF", speed=10)
    yield "animated", Odd("avif", film("AVIF", speed=10))
    for way in range(1, 9):
        yield f"orientation {way}", Odd("avif", broken.encoded(shown(), "AVIF", speed=10, exif=exif(way)))
    yield "with a profile", saved("RGB", "AVIF", speed=10, icc_profile=profile())
    yield "cut", Odd("avif", saved("RGB", "AVIF", speed=10).data[:200], REFUSED)


def kinds() -> Iterator[tuple[str, Odd]]:
    """All of them."""
    groups = {
        **{"WebP": webp, "GIF": gif, "BMP": bmp, "TIFF": tiff, "Netpbm": netpbm},
        **{"JPEG 2000": jpeg_2000, "AVIF": avif},
    }
    for group, each in groups.items():
        yield from ((f"{group} {name}", found) for name, found in each())
