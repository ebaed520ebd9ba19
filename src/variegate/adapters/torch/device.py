"""Device: batches on their way to a GPU, copied beside whatever it computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

HERE = ("index", "id", "variation")  # what says which samples these are stays where Python reads it
Batch = dict[str, Any]


def mapped(batch: Batch, function: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
    """A batch with its tensors, also those in lists, mapped by a function; what says which samples they are stays."""
    return {name: value if name in HERE else _mapped(value, function) for name, value in batch.items()}


def _mapped(value: Any, function: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return function(value)
    return type(value)(_mapped(each, function) for each in value) if type(value) in (list, tuple) else value


def pinned(tensor: torch.Tensor) -> torch.Tensor:
    """A copy in page-locked memory, from which a GPU copies by itself."""
    return tensor.pin_memory()


@dataclass(frozen=True)
class Sent:
    """A batch that is on its way.

    event  reached, on the stream of copies, when it is there; None where copies wait
    """

    batch: Batch
    event: torch.cuda.Event | None


class Copies:
    """Copies to a device; on CUDA by a stream of their own, so that they run beside the kernels of the consumer.

    pin  take each tensor through page-locked memory, without which no copy runs beside anything
    """

    def __init__(self, device: torch.device, pin: bool) -> None:
        if (
            device.type == "cuda" and device.index is None
        ):  # which of them it is, whatever is made the current one later
            device = torch.device("cuda", torch.cuda.current_device())
        self._device, self._pin = device, pin
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def send(self, batch: Batch) -> Sent:
        """Begin to copy a batch; its own memory may be used again when this returns."""
        if self._stream is None:
            return Sent(mapped(batch, lambda tensor: tensor.to(self._device)), None)
        # What is copied to is allocated under this stream, so the allocator gives it to nobody but later copies.
        with torch.cuda.stream(self._stream):
            made = mapped(batch, self._copy)
            return Sent(made, self._stream.record_event())

    def _copy(self, tensor: torch.Tensor) -> torch.Tensor:
        # PyTorch's allocator of pinned memory itself waits for a copy before it gives that memory to somebody else.
        return (pinned(tensor) if self._pin else tensor).to(self._device, non_blocking=self._pin)

    def arrive(self, sent: Sent) -> Batch:
        """A batch for use on the consumer's current stream, which waits for its copy; the consumer does not."""
        if sent.event is not None:
            current = torch.cuda.current_stream(self._device)
            current.wait_event(sent.event)
            # The consumer may let go of a tensor while its kernels still read it: only after them is it used again.
            mapped(sent.batch, lambda tensor: _noted(tensor, current))
        return sent.batch


def _noted(tensor: torch.Tensor, stream: torch.cuda.Stream) -> torch.Tensor:
    tensor.record_stream(stream)
    return tensor
