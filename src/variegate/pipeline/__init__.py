"""Pipelines that can be called: Compose, the way back, and predictions averaged over variations."""

from variegate.pipeline.compose import Compose
from variegate.pipeline.files import load, save
from variegate.pipeline.tta import tta

__all__ = ["Compose", "load", "save", "tta"]
