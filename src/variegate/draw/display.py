"""Display: what a notebook shows of a source or a loader: what it is, and some of its pictures with their labels."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

from variegate.draw.subject import LoaderLike
from variegate.errors import VariegateError

FEW, CELL = 8, 128  # pictures of a source, and pixels of the longer side of each


class Displayed:
    """A source or a loader that a notebook shows by its first samples, as `sheet` draws them."""

    def _repr_html_(self) -> str:
        """What it is and a sheet: of a source the first eight samples, of a loader the first batch of its next epoch.

        No path is told, as notebooks are passed on. Where pictures cannot be read, it says why, with the path: a
        broken file does not stop a notebook that only shows a source.
        """
        kind, batches = type(self).__name__, isinstance(self, LoaderLike)
        shown: Any = self
        if batches:
            words = f"{kind} of {type(shown.source).__name__}: the first batch of the next epoch"
        else:
            words = f"{kind}: the first {min(FEW, len(shown))} of {len(shown)} samples"
        try:
            picture = _picture(shown if batches else shown[:FEW], words)
        except (VariegateError, OSError, ImportError) as problem:
            picture = f"<div>{escape(f'{type(problem).__name__}: {problem}')}</div>"
        return f"<div>{escape(words)}</div>{picture}"


def _picture(shown: Any, words: str) -> str:
    from variegate.draw.sheet import sheet

    data = io.BytesIO()
    sheet(shown, cell=CELL, columns=FEW).save(data, "png")
    coded = base64.b64encode(data.getvalue()).decode("ascii")
    return f'<img alt="{escape(words)}" style="max-width:100%" src="data:image/png;base64,{coded}">'
