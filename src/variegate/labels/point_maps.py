"""PointMaps: a batch's maps, all ops of all passes together, as labels follow them; a PointMap is one sample's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from variegate.kernels.chain import MapChain
from variegate.labels.point_map import PointMap
from variegate.labels.projective import ProjectiveMaps

if TYPE_CHECKING:
    from variegate.kernels.row_layout import RowLayout


class PointMaps:
    """The point maps of a batch; row_layout: a row a sample, see `plan.trail`."""

    def __init__(self, row_layout: RowLayout, antialias: bool) -> None:
        self._row_layout, self._straight = row_layout, ProjectiveMaps(row_layout, antialias)

    def __len__(self) -> int:
        return len(self._straight.begins) - 1

    def point_map(self, i: int) -> PointMap:
        """Sample i's."""
        begin, end = self._straight.begins[i : i + 2]
        fields = self._row_layout.fields
        if not len(fields.grids) or not (fields.which[begin:end] >= 0).any():
            return self._straight.point_map(i)
        from variegate.labels.warped import warped

        maps, canvas = self._row_layout.maps[begin:end], self._row_layout.canvas[begin + i : end + i + 1]
        chain = MapChain(maps, canvas, self._row_layout.borders[begin:end], fields.part(begin, end))
        return warped(chain, self._straight.antialias)
