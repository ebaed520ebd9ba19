"""Decode: the bytes of a picture file to its pixels; this knows nothing of sources or batches."""

from variegate.loader.decode.by_index import IndexedReader, reader_of
from variegate.loader.decode.convert import decode_errors
from variegate.loader.decode.encoded import Encoded, widened
from variegate.loader.decode.formats import allow_again, allow_formats, allowed, extensions, further, opened_by_pillow
from variegate.loader.decode.image import Mode, open_image, open_view
from variegate.loader.decode.index_file import IndexFile
from variegate.loader.decode.indexes import Indexes, Origin
from variegate.loader.decode.magic import unreadable
from variegate.loader.decode.mask import decode_mask, mask_size, read_mask
from variegate.loader.decode.pixel_format import AS_STORED, check_pixel_format
from variegate.loader.decode.plane_limit import limited_planes
from variegate.loader.decode.stored import Stored, picture_of_numbers
from variegate.loader.decode.window import Window, WindowReader, area, union

__all__ = [
    "AS_STORED",
    "Encoded",
    "IndexFile",
    "IndexedReader",
    "Indexes",
    "Mode",
    "Origin",
    "Stored",
    "Window",
    "WindowReader",
    "allow_again",
    "allow_formats",
    "allowed",
    "area",
    "check_pixel_format",
    "decode_errors",
    "decode_mask",
    "extensions",
    "further",
    "limited_planes",
    "mask_size",
    "open_image",
    "open_view",
    "opened_by_pillow",
    "picture_of_numbers",
    "read_mask",
    "reader_of",
    "union",
    "unreadable",
    "widened",
]
