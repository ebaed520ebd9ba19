"""Memory: what batches and files are written to, and used again."""

from variegate.loader.memory.arena import Arena
from variegate.loader.memory.pool import ALIGN, DecodeScratch, Raw, SlotMemory, SlotPool, address, aligned

__all__ = ["ALIGN", "Arena", "DecodeScratch", "Raw", "SlotMemory", "SlotPool", "address", "aligned"]
