"""Pipelines that can be called: Compose, the way back, and predictions averaged over variations."""

from variegate.pipeline.compose import Compose
from variegate.pipeline.files import load, save
from variegate.pipeline.tta import TTA

__all__ = ["TTA", "Compose", "load", "save"]
