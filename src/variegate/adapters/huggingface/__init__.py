"""Hugging Face datasets: pipelines as functions for `dataset.set_transform`, with fresh numbers or with keys.

With fresh numbers at every access:

    import variegate.adapters.huggingface as vh
    dataset.set_transform(vh.transform(augment))
    for batch in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...

With numbers that can be drawn again. The draws hang on a column of ids:

    dataset = dataset.add_column("id", range(len(dataset)))
    keyed = vh.keyed(augment, seed=0)
    dataset.set_transform(keyed)
    for epoch in range(10):
        keyed.set_epoch(epoch)
        for batch in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4, persistent_workers=True): ...

Labels follow the pixels where the pipeline declares them; `fields` says in which column they are:

    augment = vg.Compose(ops, targets={"boxes": vg.Boxes("coco"), "labels": vg.PerInstance()})
    vh.transform(augment, fields={"boxes": "objects.bbox", "labels": "objects.category"})

With `dataset.cast_column("image", datasets.Image(decode=False))` pictures are decoded by Variegate: faster, and for any
mode the very bytes of vg.Loader.
"""

try:
    import datasets  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.huggingface needs datasets: pip install "variegate[huggingface]"') from error

from variegate.adapters.huggingface.maps import Keyed, Transform, keyed, transform

__all__ = ["Keyed", "Transform", "keyed", "transform"]
