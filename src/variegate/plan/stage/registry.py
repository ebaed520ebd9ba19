"""Which stage runs which effect, the first that it is of: the one place where a new one is registered."""

from __future__ import annotations

from dataclasses import is_dataclass

from variegate.errors import PipelineError
from variegate.ops import effect as effects
from variegate.ops.effect import Effect
from variegate.plan.ir import Node
from variegate.plan.stage.base import Stage
from variegate.plan.stage.call import CallStage
from variegate.plan.stage.downscale import DownscaleStage
from variegate.plan.stage.filter import FilterStage
from variegate.plan.stage.median import MedianStage
from variegate.plan.stage.mix import MixStage
from variegate.plan.stage.read import ReadStage
from variegate.plan.stage.tile import TileStage

RUN_BY: dict[type[Effect], type[Stage]] = {
    effects.Geometric: ReadStage,
    effects.Stencil: FilterStage,
    effects.LocalEqualization: TileStage,
    effects.Median: MedianStage,
    effects.LowResolution: DownscaleStage,
    effects.Mixture: MixStage,
    effects.Colour: ReadStage,
    effects.PictureFunction: CallStage,
}
STAGES = tuple(dict.fromkeys((ReadStage, *RUN_BY.values())))  # in the order of their codes; the first is `codes.READ`


def stands_for(gives: type[Effect], kind: type[Effect]) -> bool:
    """Whether all that decides what stands together is true of a class of effects if it is true of another above it."""
    told, same = [
        (bool(each.cuts), bool(each.begins), next((s for e, s in RUN_BY.items() if issubclass(each, e)), None))
        for each in (gives, kind)
    ]
    return told == same


def stage_of(node: Node) -> type[Stage]:
    """The stage that runs a node.

    Raises  PipelineError if the op does not say which effect it gives, or one that no stage runs.
    """
    gives = node.op.gives
    for effect, stage in RUN_BY.items():
        if issubclass(gives, effect):
            return stage
    mixing = {kind.__name__ for kind in effects.Mixing.__subclasses__()}  # which no stage runs
    known = ", ".join(name for name in effects.__all__ if is_dataclass(getattr(effects, name)) and name not in mixing)
    told = "does not say which effect it gives" if gives is Effect else f"gives {gives.__name__}, which no stage runs"
    raise PipelineError(f"{node.path} {told}: its class has a line gives: ClassVar[type[Effect]] = one of {known}")
