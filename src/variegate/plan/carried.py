"""CarriedLabels: a sample's other fields, moved as its pixels were."""

from __future__ import annotations

from typing import Any, NamedTuple


class CarriedLabels(NamedTuple):
    """What becomes of a sample's other fields.

    fields   by name, in the formats declared
    dropped  how many instances went, by the field and the filter that asked for it, as "boxes.min_area", or by the op
             that took them
    """

    fields: dict[str, Any]
    dropped: dict[str, int]
