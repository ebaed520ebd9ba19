"""MapChain: one sample's maps as kernels take them, matrices and the fields that bend them; no kernel, and no Numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import LATTICE, LATTICE_COLUMNS, LATTICE_FIRST, LATTICE_ROWS

UNBENT = -1  # of a map that no field bends


class Lattices(NamedTuple):
    """L lattices of displacements; see `variegate.ops.effect.Field`.

    grids  (L, LATTICE) int64, see `kernels.codes`; nodes (N,) float64: dx, dy of each node, row by row
    """

    grids: NDArray[np.int64]
    nodes: NDArray[np.float64]


class Displacements(NamedTuple):
    """What bends G maps: map k takes a point p to maps[k] p + d(p).

    which  (G,) int64: of each map its row of grids, or UNBENT; empty: none is bent
    grids, nodes  `Lattices`
    """

    which: NDArray[np.int64]
    grids: NDArray[np.int64]
    nodes: NDArray[np.float64]

    def part(self, begin: int, end: int) -> Displacements:
        """What bends the maps from begin to end, with lattices of their own."""
        which = self.which[begin:end]
        bent = which >= 0
        if not len(self.grids) or not bent.any():
            return Displacements(which, *NONE)
        grids, own = self.grids[which[bent]], which.copy()
        sizes = 2 * grids[:, LATTICE_ROWS] * grids[:, LATTICE_COLUMNS]
        spans = zip(grids[:, LATTICE_FIRST].tolist(), sizes.tolist(), strict=True)
        nodes = np.concatenate([self.nodes[first : first + size] for first, size in spans])
        own[bent], grids[:, LATTICE_FIRST] = np.arange(len(grids)), np.cumsum(sizes) - sizes
        return Displacements(own, grids, nodes)


NONE = Lattices(np.zeros((0, LATTICE), np.int64), np.zeros(0))
STRAIGHT = Displacements(np.zeros(0, np.int64), *NONE)


class MapChain(NamedTuple):
    """One sample's maps.

    maps (G, 3, 3) float64: canvas k + 1 to canvas k; canvas (G + 1, 2) int64; borders (G,) int64: see `kernels.tables`
    """

    maps: NDArray[np.float64]
    canvas: NDArray[np.int64]
    borders: NDArray[np.int64]
    fields: Displacements = STRAIGHT

    @property
    def bent(self) -> NDArray[np.bool_]:
        """(G,): which maps a field bends."""
        which = self.fields.which
        return np.asarray(which >= 0) if len(which) else np.zeros(len(self.maps), np.bool_)
