"""Sampling: which samples an epoch has, in which order, and which of them are of one batch."""

from variegate.loader.sampling.order import Order
from variegate.loader.sampling.schedule import BatchSpan, EpochSamples, Schedule, SingleSample
from variegate.loader.sampling.weights import Weighted, Weights, at_share, edges_of, unit

__all__ = [
    "BatchSpan",
    "EpochSamples",
    "Order",
    "Schedule",
    "SingleSample",
    "Weighted",
    "Weights",
    "at_share",
    "edges_of",
    "unit",
]
