"""PyTorch: a loader's batches as tensors, and pipelines inside `torch.utils.data.DataLoader`.

The whole stream by Variegate's threads, without worker processes:

    import variegate.adapters.torch as vt
    train = vt.Loader(vg.Loader(source, augment, batch_size=64, seed=0), device="cuda")
    for batch in train:
        loss = criterion(model(batch["image"]), batch["label"])

It has the face of a DataLoader, Lightning's Trainer takes it, and its state is saved with a checkpoint:

    torch.save({"model": model.state_dict(), "data": train.state_dict()}, "last.pt")
    train.load_state_dict(torch.load("last.pt")["data"])

As the transform of a data set you have, with fresh numbers every time:

    dataset = torchvision.datasets.ImageFolder("photos", transform=vt.Transform(augment))
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=4): ...

The same, with numbers that can be drawn again:

    dataset = vt.KeyedDataset(torchvision.datasets.ImageFolder("photos"), augment, seed=0)
    order = vt.Sampler(dataset, seed=0)
    for images, labels in DataLoader(dataset, batch_size=64, sampler=order, num_workers=4): ...

Labels follow the pixels where the pipeline declares them: `augment = vg.Compose(ops, targets={"boxes": vg.Boxes()})`.
"""

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError('variegate.adapters.torch needs PyTorch: pip install "variegate[torch]"') from error

from variegate.adapters.torch.keyed import KeyedDataset
from variegate.adapters.torch.keyed_index import KeyedIndex
from variegate.adapters.torch.loader import Loader
from variegate.adapters.torch.sampler import Sampler
from variegate.adapters.torch.transform import Transform

__all__ = ["KeyedDataset", "KeyedIndex", "Loader", "Sampler", "Transform"]
