"""PyTorch: a loader's batches as tensors, and pipelines inside `torch.utils.data.DataLoader`.

The whole stream by Variegate's threads, without worker processes:

    import variegate.adapters.torch as vt
    for batch in vt.Loader(vg.Loader(source, augment, batch_size=64, seed=0)):
        loss = criterion(model(batch["image"]), batch["label"])

As the transform of a data set you have, with fresh numbers every time:

    dataset = torchvision.datasets.ImageFolder("photos", transform=vt.Transform(augment))
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...

The same, with numbers that can be drawn again:

    dataset = vt.KeyedDataset(torchvision.datasets.ImageFolder("photos"), augment, seed=0)
    dataset.set_epoch(3)
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...

Labels follow the pixels where the pipeline declares them: `augment = vg.Compose(ops, targets={"boxes": vg.Boxes()})`.
"""

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.torch needs PyTorch: pip install "variegate[torch]"') from error

from variegate.adapters.torch.keyed import KeyedDataset
from variegate.adapters.torch.loader import Loader
from variegate.adapters.torch.transform import Transform

__all__ = ["KeyedDataset", "Loader", "Transform"]
