"""Ray Data: pictures augmented on many machines, with the bytes that one machine would make.

What a vg.Loader would give, as rows that the whole cluster makes:

    import variegate.adapters.ray as vr
    rows = vr.rows(vg.ImageFolder("/shared/photos"), seed=0, epoch=range(90))
    rows = rows.map_batches(vr.Augment(augment, seed=0), batch_format="numpy")
    for batch in rows.select_columns(["image", "label"]).iter_torch_batches(batch_size=64): ...

All epochs are one pass, as Ray runs a data set anew, with the same numbers, for every pass over it. Ray Train takes the
same rows: `TorchTrainer(..., datasets={"train": rows})`; it gives each worker as many, and may leave out the last few.

Rows of your own, from wherever Ray reads: each has a picture, or the bytes of its file, and an `id`. Without an
`epoch` column they have that of Augment:

    rows = ray.data.read_parquet("s3://bucket/photos")  # columns id, bytes, label
    for epoch in range(90):  # a pass each
        made = rows.map_batches(vr.Augment(augment, seed=0, epoch=epoch), batch_format="numpy")

The bytes of a row hang on its picture and (seed, epoch, id, variation) alone: not on blocks, nodes, order or retries,
so a node may die at any time. Kernels are loaded once a worker process, in about a second; where that must not happen
in tasks, the same class runs in actors:

    rows.map_batches(vr.Augment, fn_constructor_args=(augment,), compute=ray.data.ActorPoolStrategy(size=8),
                     batch_format="numpy")

An error ends the run, and Ray tells it with its text, the file's path included. What Ray may skip is Ray's to say:
`DataContext.max_errored_blocks` leaves out whole blocks, so repair or remove the file instead.
"""

try:
    import ray.data  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.ray needs Ray Data: pip install "variegate[ray]"') from error

from variegate.adapters.ray.augment import Augment
from variegate.adapters.ray.rows import rows

__all__ = ["Augment", "rows"]
