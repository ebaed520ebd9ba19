"""Cache: decoded pictures kept between epochs, in memory or in Arrow files on a disk, within a number of bytes."""

from variegate.loader.cache.config import Cache
from variegate.loader.cache.store import Store, opened

__all__ = ["Cache", "Store", "opened"]
