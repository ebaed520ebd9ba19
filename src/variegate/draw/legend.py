"""Legend: the colour and the name of every instance and every class."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Mapping
from typing import Any

import numpy as np

from variegate.draw.palette import RGB, colour
from variegate.targets import Leaf, RowLeaf, Targets

FIELDS = ("labels", "label", "classes", "class_ids", "category_ids", "class_labels")  # that say what an instance is


class Legend:
    """Colours and names.

    names        class -> its name
    by_instance  whether instances of one class have colours of their own
    """

    def __init__(
        self, names: Mapping[int, str], by_instance: bool, targets: Targets, leaves: Mapping[str, Leaf]
    ) -> None:
        self.names, self.by_instance = names, by_instance
        self.labels: dict[str, list[int | str]] = {}
        for name in FIELDS:
            leaf, group = leaves.get(name), targets[name].rows_of if name in targets else None
            if isinstance(leaf, RowLeaf) and group is not None and group not in self.labels and _are_classes(leaf.rows):
                self.labels[group] = [_plain(row) for row in leaf.rows]

    def colour(self, group: str | None, n: int) -> RGB:
        """The colour of instance n of a group."""
        labels = None if group is None or self.by_instance else self.labels.get(group)
        return colour(n) if labels is None else self.of_class(labels[n])

    def name(self, group: str, n: int) -> str:
        """What instance n of a group is."""
        return self.name_of(self.labels[group][n])

    def of_class(self, label: int | str) -> RGB:
        """The colour of a class: of one that is a text, that of its number if it has one, else one of its own."""
        if isinstance(label, int):
            return colour(label)
        numbers = [number for number, name in self.names.items() if name == label]
        return colour(numbers[0] if numbers else crc32(label.encode("utf-8", "surrogatepass")))

    def name_of(self, label: int | str) -> str:
        """The name of a class, else the class."""
        return label if isinstance(label, str) else self.names.get(label, str(label))


def _are_classes(rows: Any) -> bool:
    """Whether every row is an integer or a text."""
    if isinstance(rows, np.ndarray):
        return rows.ndim == 1 and rows.dtype.kind in "iuU"
    return all(isinstance(row, (int, np.integer, str)) and not isinstance(row, bool) for row in rows)


def _plain(row: Any) -> int | str:
    return str(row) if isinstance(row, str) else int(row)
