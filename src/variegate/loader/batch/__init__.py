"""Batch: how one is made, of samples that are read, decoded and run into its memory."""

from variegate.loader.batch.blocks import Blocks
from variegate.loader.batch.budget import DEEPEST, MemoryBudget
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.making import make_batch, task_of
from variegate.loader.batch.samples import STAND_INS
from variegate.loader.batch.task import Batch, BatchTask

__all__ = [
    "DEEPEST",
    "STAND_INS",
    "Batch",
    "BatchTask",
    "Blocks",
    "LoaderContext",
    "MemoryBudget",
    "make_batch",
    "task_of",
]
