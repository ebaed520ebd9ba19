"""Memory: what batches and files are written to, and used again."""

from variegate.loader.memory.arena import Arena
from variegate.loader.memory.pool import ALIGN, Raw, Scratch, SlotMemory, SlotPool, address, aligned

__all__ = ["ALIGN", "Arena", "Raw", "Scratch", "SlotMemory", "SlotPool", "address", "aligned"]
