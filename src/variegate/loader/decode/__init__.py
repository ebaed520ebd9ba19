"""Decode: the bytes of a picture file to its pixels; this knows nothing of sources or batches."""

from variegate.loader.decode.beside import beside, most_beside
from variegate.loader.decode.convert import told
from variegate.loader.decode.encoded import Encoded, widened
from variegate.loader.decode.formats import allow_again, allow_formats, allowed, extensions, further, opened_by_pillow
from variegate.loader.decode.image import MOST_PIXELS, Mode, open_image, open_view
from variegate.loader.decode.limit import too_large
from variegate.loader.decode.magic import unreadable
from variegate.loader.decode.pixel_format import AS_STORED, wanted
from variegate.loader.decode.png import check_chunks, check_rows
from variegate.loader.decode.stored import Stored, picture_of_numbers

__all__ = [
    "AS_STORED",
    "MOST_PIXELS",
    "Encoded",
    "Mode",
    "Stored",
    "allow_again",
    "allow_formats",
    "allowed",
    "beside",
    "check_chunks",
    "check_rows",
    "extensions",
    "further",
    "most_beside",
    "open_image",
    "open_view",
    "opened_by_pillow",
    "picture_of_numbers",
    "told",
    "too_large",
    "unreadable",
    "wanted",
    "widened",
]
