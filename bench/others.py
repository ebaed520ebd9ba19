"""Odd files of all other formats: WebP, GIF, BMP, TIFF, Netpbm's, JPEG 2000, AVIF; what is allowed first; no pictures."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import broken
import numpy as np
from odd import EITHER, HEIGHT, REFUSED, WIDTH, Odd, deep, exif, pixels, profile, shown, xmp
from PIL import Image, TiffImagePlugin

SIDES = (1, 1), (1, 9), (9, 1), (17, 33)
BY_NAME = "TGA", "IM"  # which Pillow knows by their names alone
PLUGINS = {"HEIF": ("heic", "pillow_heif.HeifImagePlugin"), "JXL": ("jxl", "pillow_jxl")}


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
        "BigTIFF": {"bigtiff": True}, "tiles": {"tile": (16, 16)}, "BigTIFF, tiles": {"bigtiff": True, "tile": (32, 16)},
        "one row a strip": {"rowsperstrip": 1}, "big-endian": {"byteorder": ">"}, "deflate": {"compression": "zlib"},
        "deflate, tiles": {"compression": "zlib", "tile": (16, 16)},
        "big-endian, BigTIFF": {"byteorder": ">", "bigtiff": True},
    }.items():  # fmt: skip
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
            yield f"PFM {magic.decode()} {scale.decode()}", Odd("pnm", magic + b"\n" + head + b"\n" + scale + b"\n" + numbers,
                                                               "float32")  # fmt: skip
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


def allowed() -> Iterator[tuple[str, Odd]]:
    """Formats that are read when they are allowed; each under a name that is listed."""
    for kind, mode in (("TGA", "RGB"), ("ICO", "RGBA"), ("PCX", "RGB"), ("SGI", "RGB"), ("QOI", "RGB"), ("DDS", "RGB"),
                       ("IM", "RGB"), ("MSP", "1"), ("XBM", "1")):  # fmt: skip
        with contextlib.suppress(KeyError, OSError):  # what this Pillow does not write
            yield kind, saved(mode, kind, kind.lower() if kind in BY_NAME else "png", kind)
    for kind, (ending, module) in PLUGINS.items():
        with contextlib.suppress(ImportError):
            import_module(module)
            if kind == "HEIF":
                import_module("pillow_heif").register_heif_opener()
            yield kind, Odd("jpg", broken.encoded(shown(), kind), kind, plugin=module)
            yield f"{kind} of its own name", Odd(ending, broken.encoded(shown(), kind), kind, plugin=module)


def no_pictures() -> Iterator[tuple[str, Odd]]:
    """Other things under the name of a picture."""
    starts = {"PDF": b"%PDF-1.7\n", "video": b"\0\0\0\x18ftypisom" + bytes(500), "SVG": b"<svg xmlns='a'></svg>",
              "XML": b"<?xml version='1.0'?><a/>", "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n", "tar": bytes(257) + b"ustar\0" + bytes(500),
              "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "NumPy": b"\x93NUMPY\1\0" + bytes(90),
              "DICOM": bytes(128) + b"DICM" + bytes(90), "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(90), "a letter": b"a",
              "a line of JSON": b'{"a": 1}', "UTF-16": "\ufefftext".encode("utf-16"), "0xff": b"\xff" * 3000,
              "start of a JPEG": b"\xff\xd8", "start of a JPEG, ff": b"\xff\xd8" + b"\xff" * 5000,
              "start of a PNG": b"\x89PNG", "RIFF": b"RIFF\4\0\0\0WAVE", "II": b"II*\0", "BM": b"BM", "P": b"P6", "OpenEXR": b"v/1\1" + bytes(90)}  # fmt: skip
    for name, data in starts.items():
        yield name, Odd("jpg", data, REFUSED)
    rng = np.random.default_rng(5)
    for name, damage in broken.OTHER.items():
        yield name, Odd("jpeg", damage(pixels().tobytes()[:500], rng), REFUSED)


SPOILED: dict[str, broken.Damage] = {
    "cut anywhere": broken.cut,
    "cut near the end": broken.cut_late,
    "a block of zeros": broken.hole,
    "a bit of its start": lambda data, rng: broken.flipped(data, rng.integers(0, min(len(data), 100), 1)),
    "three bits of its start": lambda data, rng: broken.flipped(data, rng.integers(0, min(len(data), 100), 3)),
    "a bit": lambda data, rng: broken.flipped(data, rng.integers(0, len(data), 1)),
    "40 bits": lambda data, rng: broken.flipped(data, rng.integers(0, len(data), 40)),
}


def damaged(times: int) -> Iterator[tuple[str, Odd]]:
    """Each kind of damage, so many times: of JPEGs and PNGs, and of the other formats."""
    for number in range(times * len(broken.KINDS)):
        name = list(broken.KINDS)[number % len(broken.KINDS)]
        kind, damage = broken.KINDS[name]
        data = damage(broken.good(number, kind), np.random.default_rng([11, number]))
        yield f"{name} {number // len(broken.KINDS)}", Odd("png" if kind == "PNG" else "jpg", data, EITHER)
    sound = {
        **{f"TIFF {packing}": saved("RGB", "TIFF", "tif", compression=packing) for packing in ("raw", "tiff_lzw", "jpeg")},
        **{"WebP": saved("RGB", "WebP"), "GIF": saved("P", "GIF"), "BMP": saved("RGB", "BMP"), "PPM": saved("RGB", "PPM")},
        **{"JPEG 2000": saved("RGB", "JPEG2000", "jp2"), "AVIF": saved("RGB", "AVIF", speed=10)},
    }
    for number, (format, file) in enumerate(sound.items()):
        for at, (name, damage) in enumerate(SPOILED.items()):
            for time in range(times):
                data = damage(file.data, np.random.default_rng([12, number, at, time]))
                yield f"{format}, {name} {time}", Odd(file.ending, data, EITHER)


def kinds(times: int) -> Iterator[tuple[str, Odd]]:
    """All of them; `times` of the damaged."""
    groups = {"WebP": webp, "GIF": gif, "BMP": bmp, "TIFF": tiff, "Netpbm": netpbm, "JPEG 2000": jpeg_2000, "AVIF": avif,
              "allowed": allowed, "no picture": no_pictures}  # fmt: skip
    for group, each in groups.items():
        yield from ((f"{group} {name}", found) for name, found in each())
    yield from ((f"damaged {name}", found) for name, found in damaged(times))


def no_files(folder: Path) -> dict[str, str]:
    """Names that are no regular files, or hard to say, in a folder; name -> what should become of it."""
    good = broken.encoded(shown(), "JPEG")
    found = {}
    for name in ("a b.jpg", "ä€.jpg", "%00.jpg", "'\".jpg", "-.jpg", "a\nb.jpg", "a\x1b[31m.jpg", "[b].jpg", "x" * 250 + ".jpg",
                 "a.tar.jpg", os.fsdecode(b"\xff\xfe.jpg")):  # fmt: skip
        (folder / name).write_bytes(good)
        found[name] = "read"
    (folder / "a folder.jpg").mkdir()
    (folder / "a folder.jpg" / "in it.jpg").write_bytes(good)
    found["a folder.jpg/in it.jpg"] = "read"
    (folder / "a link.jpg").symlink_to(folder / "a b.jpg")
    found["a link.jpg"] = "read"
    (folder / "a circle.jpg").symlink_to(folder)
    for name, target in {"a link to nothing.jpg": "nothing", "a link to itself.jpg": "a link to itself.jpg"}.items():
        (folder / name).symlink_to(target)
        found[name] = REFUSED
    os.path.exists("/tmp/nofifo") or os.mkfifo(folder / "a FIFO.jpg")
    found["a FIFO.jpg"] = REFUSED
    if os.geteuid():
        (folder / "no rights.jpg").write_bytes(good)
        (folder / "no rights.jpg").chmod(0)
        found["no rights.jpg"] = REFUSED
    return found
