"""State: where a run stands, as a small dict, and whether another loader can go on from there."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.key import LIMITS
from variegate.loader.policy import OnError
from variegate.loader.sampling import History
from variegate.loader.source.base import Source
from variegate.version import VERSION

State = dict[str, Any]


def source_told(source: Source) -> dict[str, Any]:
    """What a source is, as a state tells it."""
    return {"kind": type(source).__name__, "samples": len(source), "dtype": source.dtype, "digest": source.fingerprint}


def order_told(
    seed: int, shuffle: bool, edges: NDArray[np.float64] | None, samples: int | None, repeats: int
) -> dict[str, Any]:
    """What an order hangs on, as a state tells it."""
    weights = None if edges is None else hashlib.blake2b(edges.tobytes(), digest_size=8).hexdigest()
    return {"seed": seed, "shuffle": shuffle, "weights": weights, "samples": samples, "repeats": repeats}


def made_of(
    source: Source, augment: Any, order: Mapping[str, Any], rule: OnError, decode: str, side: int | None
) -> dict[str, Any]:
    """All that the bytes of a loader's samples hang on, by name, in a form for JSON.

    order  as `order_told` gives it, and `batches_told`
    side   to which the cache reduces pictures; None: to none
    """
    ops = getattr(augment, "ops", None)
    return {
        "version": VERSION,
        "source": source_told(source),
        "pipeline": {
            "digest": getattr(augment, "fingerprint", None),
            "ops": None if ops is None else [*map(repr, ops)],
        },
        **order,
        "decode": decode,
        "cache side": side,
        "replace": rule.policy == "replace",
        "max_pixels": rule.max_pixels,
    }


def place_in(state: Mapping[str, Any], own: Mapping[str, Any], end: int | None, strict: bool) -> tuple[int, int]:
    """The epoch and the position of a state.

    own     what the loader that is to go on is made of
    end     the first position that its epochs do not have; None: it is not looked at
    strict  whether it must be what the state's was

    Raises  InputError if this is no state, or it was made of something else, which it says.
    """
    try:
        epoch, position, made = _number(state["epoch"]), _number(state["position"]), dict(state["made_of"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"this is no state of a Loader, as its state() gives: {state!r:.200}") from None
    if not 0 <= epoch <= LIMITS["epoch"] or position < 0:
        raise InputError(f"this is no state of a Loader, as its state() gives: epoch {epoch}, position {position}")
    changed = [_change(name, made.get(name), own[name]) for name in own if made.get(name) != own[name]]
    if changed and strict:
        raise InputError(
            "this state is of another run, so the samples to come would not be those that it has left: "
            + "; ".join(changed)
            + ". Bring back what it was, or pass strict=False to go on all the same from the same place"
        )
    if end is not None and position >= end:
        raise InputError(f"this state stands at position {position} of an epoch, which has {end - 1} places here")
    return epoch, position


def history_in(state: Mapping[str, Any], position: int, world_size: int) -> History:
    """How the epoch of a state was dealt to ranks until it was taken, where ops mix samples, and is from there on.

    Raises  InputError if the state does not tell it.
    """
    try:
        history = tuple((_number(consumed), _number(world)) for consumed, world in state["dealt"])
    except (KeyError, TypeError, ValueError):
        history = ()
    consumed = [each for each, _ in history]
    sound = history and consumed == sorted(consumed) and consumed[0] == 0 and consumed[-1] <= position
    if not sound or min(world for _, world in history) < 1:
        raise InputError(
            "this is no state of a Loader whose pipeline mixes samples: it does not tell how the epoch was dealt to "
            "ranks"
        )
    return history if history[-1][1] == world_size else (*history, (position, world_size))


def _number(value: Any) -> int:
    """A whole number, of NumPy as well: what checkpoints give back."""
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)


def _change(name: str, then: Any, now: Any) -> str:
    """What changed, in words."""
    if name == "pipeline" and isinstance(then, Mapping):
        return _changed_op(then.get("ops"), now["ops"] or [])
    if name == "source" and isinstance(then, Mapping):
        for part in ("kind", "samples", "dtype"):
            if then.get(part) != now[part]:
                return f"the source's {part} was {then.get(part)} and is {now[part]}"
        return "the source has other samples, or the same in another order, or decodes or declares them differently"
    return f"{name} was {then!r} and is {now!r}"


def _changed_op(then: Any, now: list[str]) -> str:
    then = then if isinstance(then, list) else []
    if len(then) != len(now):
        return f"the pipeline had {len(then)} ops and has {len(now)}"
    for number, (was, it) in enumerate(zip(then, now, strict=True)):
        if was != it:
            return f"op {number} of the pipeline was {was} and is {it}"
    return "the pipeline's options or targets, or the body of one of its functions, changed"
