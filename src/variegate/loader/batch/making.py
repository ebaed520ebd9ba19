"""Making: which task makes a batch, and a batch made in the calling thread."""

from __future__ import annotations

from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.mixed_task import MixedTask
from variegate.loader.batch.task import Batch, BatchTask
from variegate.loader.memory import DecodeScratch
from variegate.loader.sampling import BatchSpan, EpochSamples
from variegate.loader.stats import Counters


def task_of(context: LoaderContext, span: BatchSpan, epoch_samples: EpochSamples) -> BatchTask:
    """The task that makes a batch of an epoch."""
    return (MixedTask if context.mixes else BatchTask)(context, span, epoch_samples)


def make_batch(context: LoaderContext, span: BatchSpan, epoch_samples: EpochSamples, counters: Counters) -> Batch:
    """A batch of an epoch, made in the calling thread."""
    task = task_of(context, span, epoch_samples)
    scratch = context.scratches.pop() if context.scratches else DecodeScratch()
    ready = task.prepare(counters)
    if context.budget is not None and task.need is not None:
        context.budget.see(task.need)
    if ready:
        task.work(scratch, counters)
    context.scratches.append(scratch)
    return task.batch(counters)
