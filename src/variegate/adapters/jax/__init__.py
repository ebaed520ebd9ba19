"""JAX: a loader's batches as `jax.Array`s, on one device or laid over many, and pipelines by key.

The whole stream by Variegate's threads; the next batch is on its way to the device while this one is trained on:

    import variegate.adapters.jax as vj
    for batch in vj.Loader(vg.Loader(source, augment, batch_size=64, seed=0)):
        params = step(params, batch["image"], batch["label"])

Samples laid over the devices of a mesh:

    sharding = NamedSharding(jax.make_mesh((8,), ("data",)), PartitionSpec("data"))
    train = vj.Loader(vg.Loader(source, augment, batch_size=64, drop_last=True), sharding)

On several hosts each process loads its own part of every batch, 64 samples of 64 * world_size here:

    part = {"rank": jax.process_index(), "world_size": jax.process_count()}
    train = vj.Loader(vg.Loader(source, augment, batch_size=64, drop_last=True, **part), sharding)

In a pipeline of your own, such as grain's, on the host, with numbers that can be drawn again:

    augmented = vj.keyed(augment, seed=0)
    images = augmented(images, epoch, ids)
"""

try:
    import jax  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.jax needs JAX: pip install "variegate[jax]"') from error

from variegate.adapters.jax.keyed import keyed
from variegate.adapters.jax.loader import Loader

__all__ = ["Loader", "keyed"]
