"""COCO: pictures and objects of a COCO JSON file."""

from variegate.loader.source.coco.source import CocoJson

__all__ = ["CocoJson"]
