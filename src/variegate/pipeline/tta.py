"""TTA: predictions averaged over variations of a picture, each taken back to the picture first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import whole
from variegate.errors import InputError
from variegate.key import Keys
from variegate.labels.masks import visible_pixels
from variegate.picture import as_picture, empty_batch
from variegate.pipeline.fresh import say_epoch_0
from variegate.pipeline.inverse import Inverse
from variegate.targets import Keypoints, Mask, Targets

if TYPE_CHECKING:
    from variegate.pipeline.compose import Compose
    from variegate.plan.plan import Plan

Floats = NDArray[Any]
Predict = Callable[[Floats], Any]
MAP = Targets(scores=Mask())
TINY = 1e-12  # of a weight: no division by nothing
FAINT = 1e-3  # of a pixel's share: what shows less of the picture says nothing of it


class TTA:
    """Test-time augmentation: a model's predictions on `n` variations of a picture, averaged.

    augment  a pipeline whose results have one size
    n        variations of each picture
    seed     the same seed gives the same variations of every picture

    `predict` below is the model: a batch of n results, (n, ...), to n predictions.

    >>> from variegate import Compose, HorizontalFlip
    >>> average = TTA(Compose([HorizontalFlip(p=0.5)]), n=4)
    >>> picture = np.arange(12, dtype=np.float32).reshape(3, 4) / 12
    >>> bool((average.segmentation(lambda batch: batch, picture) == picture).all())
    True

    Raises  FieldError if n is no positive whole number, or ops mix samples.
    """

    def __init__(self, augment: Compose, n: int, seed: int = 0) -> None:
        augment.alone("TTA", "")
        self.augment, self.n, self.seed = augment, whole(n, "TTA.n", least=1), seed

    def classification(self, predict: Predict, image: Floats) -> Floats:
        """The mean prediction: of scores (n, C), (C,).

        Raises  InputError if there are not n predictions.
        """
        return np.asarray(np.mean(self._predicted(predict, self._views(image)[0]), axis=0))

    def segmentation(self, predict: Predict, image: Floats, layout: Literal["HWC", "CHW"] = "HWC") -> Floats:
        """The mean of score maps, on the picture: (H, W) or (H, W, C), in the layout of the predictions.

        predict  gives floats (n, h, w) or (n, h, w, C), or (n, C, h, w) with layout="CHW", of the results' size
        A pixel's mean is over those variations that show it; one that none shows is 0.

        Raises  InputError if the predictions have another form.
        """
        batch, plan = self._views(image)
        inverses, predicted = self._back(plan, MAP), self._predicted(predict, batch)
        if predicted.dtype.kind != "f":
            raise InputError(
                f"TTA averages scores, as floats; got predictions of {predicted.dtype}. One-hot them first"
            )
        last = predicted.ndim == 4 and layout == "CHW"
        maps = np.moveaxis(predicted, 1, -1) if last else predicted
        total, weight = 0.0, 0.0
        for i, (scores, inverse) in enumerate(zip(maps, inverses, strict=True)):
            # What a result shows beyond the picture must not leak in where both are read between pixels.
            shown = visible_pixels(plan.point_map(i)).astype(np.float32)
            if shown.shape != scores.shape[:2]:
                told = f"{shown.shape}, got {scores.shape}; scale them"
                raise InputError(f"TTA takes score maps of the results' size {told}")
            shown = shown.reshape(*shown.shape, *(1,) * (scores.ndim - 2))
            total = total + inverse(scores=np.where(shown > 0, scores, 0).astype(scores.dtype))["scores"]
            weight = weight + inverse(scores=shown)["scores"]
        mean = np.where(weight > FAINT, total / np.maximum(weight, FAINT), 0).astype(predicted.dtype)
        return np.moveaxis(mean, -1, 0) if last else mean

    def keypoints(self, predict: Predict, image: Floats, swap: Sequence[tuple[int, int]] = ()) -> Floats:
        """The mean of points, on the picture: of (n, K, 2) in pixels of the results, (K, 2).

        swap  pairs of points that a mirror image exchanges, such as left and right eyes
        With a third column, (n, K, 3), that is the weight of each point in its mean; the result then has the mean
        weight there.

        Raises  InputError if the predictions have another form.
        """
        points = Targets(points=Keypoints(group=None, swap=tuple(swap), dtype="float64"))
        batch, plan = self._views(image)
        inverses, predicted = self._back(plan, points), self._predicted(predict, batch)
        if predicted.ndim != 3 or predicted.shape[2] not in (2, 3):
            raise InputError(f"TTA takes points (n, K, 2), or (n, K, 3) with weights; got {predicted.shape}")
        back = np.array(
            [point_map(points=each[:, :2])["points"] for point_map, each in zip(inverses, predicted, strict=True)]
        )
        if predicted.shape[2] == 2:
            return np.asarray(back.mean(axis=0))
        plain, mirrored = np.arange(back.shape[1]), Keypoints(swap=tuple(swap)).mirrored(back.shape[1])
        order = [mirrored if point_map.mirrored else plain for point_map in inverses]
        weights = np.array([each[row, 2:] for each, row in zip(predicted, order, strict=True)])
        mean = (back * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), TINY)
        return np.concatenate([mean, weights.mean(axis=0)], axis=1)

    def _views(self, image: Floats) -> tuple[Floats, Plan]:
        """The variations, (n, ...), and the plan that made them."""
        picture, flat = as_picture(image)
        say_epoch_0(self.augment)
        keys = Keys.at(self.seed, 0, np.zeros(self.n, np.uint64), np.arange(self.n, dtype=np.uint32))
        plan = self.augment.plan(keys, [picture.shape[:2]] * self.n, picture.shape[2], picture.dtype)
        batch = empty_batch(plan.shapes, plan.dtype)
        if not isinstance(batch, np.ndarray):
            raise InputError("TTA needs variations of one size; end the pipeline with Resize or another fixed size")
        for i, out in enumerate(batch):
            plan.run(i, picture, out)
        return (batch[..., 0] if flat and plan.layout == "HWC" else batch), plan

    def _back(self, plan: Plan, targets: Targets) -> list[Inverse]:
        """The way back from each variation."""
        return [Inverse(targets, plan.point_map(i)) for i in range(self.n)]

    def _predicted(self, predict: Predict, batch: Floats) -> Floats:
        predicted = np.asarray(predict(batch))
        if not predicted.ndim or len(predicted) != self.n:
            raise InputError(f"TTA gave {self.n} variations to predict, which returned shape {predicted.shape}")
        return predicted
