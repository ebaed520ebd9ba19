"""Sampling: which samples an epoch has, in which order, and which of them are of one batch."""

from variegate.loader.sampling.deal import BLOCK, Deal, History
from variegate.loader.sampling.order import Order, Positions
from variegate.loader.sampling.schedule import BatchSpan, EpochSamples, GivenSamples, Schedule, at_places
from variegate.loader.sampling.weights import Weighted, Weights, at_share, edges_of, unit

__all__ = [
    "BLOCK",
    "BatchSpan",
    "Deal",
    "EpochSamples",
    "GivenSamples",
    "History",
    "Order",
    "Positions",
    "Schedule",
    "Weighted",
    "Weights",
    "at_places",
    "at_share",
    "edges_of",
    "unit",
]
