"""Parquet: samples in the rows of Parquet and Arrow files."""

from variegate.loader.source.parquet.source import Parquet

__all__ = ["Parquet"]
