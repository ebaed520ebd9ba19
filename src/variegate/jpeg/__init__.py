"""A decoder of JPEGs that may begin anywhere in a file: 8-bit sequential Huffman coding, grey and YCbCr.

Its pixels are those of libjpeg-turbo's slow integer transform and smooth upsampling, to the last bit; what it cannot
promise that for, and every file that is not plainly sound, it leaves to another decoder, and says why.
"""

from variegate.jpeg.header import Header, parse
from variegate.jpeg.index import Index, Window, read, verify
from variegate.jpeg.share import Share, refusal, share
from variegate.jpeg.warm import warm

__all__ = ["Header", "Index", "Share", "Window", "parse", "read", "refusal", "share", "verify", "warm"]
