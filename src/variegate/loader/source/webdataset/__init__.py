"""WebDataset: samples in tars."""

from variegate.loader.source.webdataset.source import WebDataset

__all__ = ["WebDataset"]
