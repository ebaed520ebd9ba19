"""Cache: decoded pictures kept between epochs, in memory or in Arrow files on a disk, within a number of bytes."""

from variegate.loader.cache.config import Cache
from variegate.loader.cache.store import Store
from variegate.loader.source.base import Source

__all__ = ["Cache", "Store", "open_store"]


def open_store(config: Cache, source: Source) -> Store:
    """The store of a cache for one source; other sources and processes may have the same folder open.

    Raises  SourceError if the folder cannot be made, read or written to; ImportError if pyarrow is missing.
    """
    if config.in_memory:
        from variegate.loader.cache.memory import Memory

        return Memory(config, source)
    from variegate.loader.cache.disk import Disk

    return Disk(config, source)
