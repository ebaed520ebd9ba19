"""The nets: a plain small CNN for classes, and a small U-Net for masks. Nothing in them is tuned."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def net(name: str, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """The net of a set, for pictures (height, width, channels)."""
    return UNet(shape[2], outputs) if name == "collage" else cnn(shape, outputs)


def cnn(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Two convolutions, each of which halves the sides, and two dense layers."""
    height, width, channels = shape
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), 64),
        nn.ReLU(),
        nn.Linear(64, outputs),
    )


def block(inputs: int, outputs: int) -> nn.Module:
    """A convolution, normalised over the batch."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class UNet(nn.Module):
    """Down twice and up twice; what was seen at a size is seen again there on the way up."""

    def __init__(self, channels: int, outputs: int, width: int = 8) -> None:
        super().__init__()
        self.fine, self.middle = block(channels, width), block(width, 2 * width)
        self.coarse = nn.Sequential(block(2 * width, 4 * width), block(4 * width, 4 * width))
        self.back, self.last = block(6 * width, 2 * width), block(3 * width, width)
        self.down, self.up = nn.MaxPool2d(2), nn.Upsample(scale_factor=2, mode="nearest")
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Numbers of the classes (N, outputs, H, W)."""
        fine = self.fine(images)
        middle = self.middle(self.down(fine))
        coarse = self.coarse(self.down(middle))
        middle = self.back(torch.cat([self.up(coarse), middle], 1))
        found: Tensor = self.head(self.last(torch.cat([self.up(middle), fine], 1)))
        return found
