"""Inverse: from the result of one sample back to its picture."""

from __future__ import annotations

from typing import Any

from variegate.errors import InputError
from variegate.labels.point_map import PointMap
from variegate.targets import Targets


class Inverse:
    """Takes predictions on a result back to the picture that it was made of.

    Called with fields, as they are on the result; gives the same fields on the picture. What the result does not show
    cannot come back: there a mask has its `fill` (or `ignore_index`), a box ends, and a polygon is cut. No instance is
    dropped: one of which nothing can be seen has a box of zeros and no rings.

    size  (height, width) of the picture
    """

    def __init__(self, targets: Targets, point_map: PointMap) -> None:
        self._targets, self._point_map, self._from = targets, point_map.back(), point_map.size
        self.size = self._point_map.size

    def __call__(self, **fields: Any) -> dict[str, Any]:
        """Predictions on the picture, in the formats declared.

        Raises  InputError if a field is unknown or does not fit the result's size.
        """
        from variegate.labels.carry import carry

        views = [name for name in fields if name in self._targets and self._targets[name].picture]
        if views:
            raise InputError(
                f"{', '.join(views)} is a picture, which is no prediction; a float map comes back if it is declared as "
                f'a mask: inverse(record, targets={{"{views[0] if views[0] != "image" else "scores"}": Mask()}})'
            )
        leaves = self._targets.read(fields, self._from, doubt=False)
        moved = carry(self._targets, leaves, self._point_map, filters=False).leaves
        return {name: self._targets[name].write(leaf, self.size) for name, leaf in moved.items()}

    @property
    def mirrored(self) -> bool:
        """Whether the result is a mirror image of the picture."""
        return self._point_map.mirrored

    def seen(self) -> Any:
        """(height, width) bool: the pixels of the picture that the result shows."""
        from variegate.labels.masks import visible_pixels

        return visible_pixels(self._point_map)
