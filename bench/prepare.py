"""Before any claim: make the pictures, and compile the kernels that are not cached, so that no claim pays for them."""

from __future__ import annotations

import numpy as np
import photos
import timing
from peers import measure, ours
from PIL import Image


def main() -> None:
    """Say what the pictures are; make one batch of each recipe."""
    args = timing.arguments(__doc__)
    paths = photos.files(args.data)
    areas = np.array([np.prod(Image.open(p).size) for p in paths]).mean() / 1e6
    sizes = np.array([p.stat().st_size for p in paths])
    print(f"{len(paths)} JPEGs: {areas:.3f} megapixels, {sizes.mean() / 1e3:.1f} KB on average")
    print("KB at 5, 25, 50, 75, 95%:", *(np.percentile(sizes, [5, 25, 50, 75, 95]) / 1e3).round(1), flush=True)
    for recipe in measure.RECIPES:
        measure.touch(next(iter(ours.loader(recipe, photos.stream(512, args.data))))["image"])


if __name__ == "__main__":
    main()
