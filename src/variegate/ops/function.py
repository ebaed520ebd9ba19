"""Pointwise and Opaque: the user's own functions, with drawn fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, partial
from inspect import Parameter, signature
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from variegate.arguments import is_number, renamed
from variegate.content import content
from variegate.dist import Bits, Distribution, parse
from variegate.errors import FieldError
from variegate.ops import effect as effects
from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Floats, Ints
from variegate.ops.fields import flag
from variegate.ramp import Ramp


@dataclass(frozen=True, eq=False, repr=False)
class Fixed:
    """An option that is no number, the same for every sample; equal to another that holds the same.

    value  as it was given; of an array a copy that nobody can write to
    """

    value: Any

    def __post_init__(self) -> None:
        if isinstance(self.value, np.ndarray):
            kept = self.value.copy()
            kept.flags.writeable = False
            object.__setattr__(self, "value", kept)

    def __reduce__(self) -> tuple[type[Fixed], tuple[Any]]:
        return Fixed, (self.value,)  # as pickle makes arrays that can be written to

    @cached_property
    def told(self) -> str:
        """What it holds, as it was when this was first asked for."""
        return content(self.value)

    def __repr__(self) -> str:
        return self.told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


@dataclass(frozen=True, repr=False, init=False)
class FunctionOp(Op):
    """What both share: a function, and what it is called with.

    function  pickled by reference, so it must be importable where it is unpickled
    given     (name, value) of each argument, as written: a distribution of numbers to draw, or a fixed option
    """

    function: Callable[..., Any]
    given: tuple[tuple[str, Distribution | Fixed], ...]

    def __init__(
        self, function: Callable[..., Any], /, *, p: float | Ramp = 1.0, name: str | None = None, **given: Any
    ) -> None:
        self._set(p=p, name=name, function=function)
        super().__post_init__()
        if not callable(function):
            raise FieldError(f"{self.label} takes a function, got {function!r}")
        self._set(given=self._read(given))

    def _read(self, given: Mapping[str, Any]) -> tuple[tuple[str, Distribution | Fixed], ...]:
        """All arguments, in the order in which they are kept."""
        return tuple((item, self._given(value, f"{self.label}.{item}")) for item, value in given.items())

    def _given(self, value: Any, owner: str) -> Distribution | Fixed:
        """An argument as it was written."""
        return parse(value, owner) if _is_drawn(value) else Fixed(value)

    @property
    def default_name(self) -> str:
        """The function's own name; that of the class where it has none, as a lambda."""
        name = _name(self.function)
        return name if callable(self.function) and name.isidentifier() else type(self).__name__

    def __repr__(self) -> str:
        told = [_name(self.function)] + [f"{item}={value!r}" for item, value in self.given]
        options = ((item, getattr(self, item.name)) for item in fields(self) if item.name not in ("function", "given"))
        told += [f"{item.name}={value!r}" for item, value in options if value != item.default]
        return f"{type(self).__name__}({', '.join(told)})"

    def drawn(self) -> dict[str, Distribution]:
        return {item: value for item, value in self.given if isinstance(value, Distribution)}


def _name(function: Any) -> str:
    """What a function is called; of `functools.partial` the function within it, of an object its class."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _plain(function: Any) -> Any:
    """What numba.njit was given, or the function as it is."""
    return getattr(function, "py_func", function)


@dataclass(frozen=True, repr=False, init=False)
class Pointwise(FunctionOp):
    """Apply a function of one pixel, compiled into the fused pass.

    function  function(pixel, *drawn) -> pixel: tuples of one float a channel, with white as 1; it must compile with
              `numba.njit` (a function already jitted is taken as it is)
    drawn     fields by keyword, each a number, a pair or a distribution, for the function's parameters of these names;
              those that go into its `*args` in the order written. None can be called p or name
    p         probability of application, a number or a `Ramp`; one draw a sample
    name      by default the function's; of a lambda `Pointwise`
    targets   image (labels stay)        effect  pointwise (fuses)

    >>> def warm(pixel, amount):
    ...     return (pixel[0] + amount, pixel[1], pixel[2] - amount)
    >>> Pointwise(warm, amount=(0, 0.1))
    Pointwise(warm, amount=Uniform(0, 0.1))

    Raises  FieldError if it is no plain or jitted function, a drawn field is none, or the drawn fields are not the
            function's parameters. Where the pipeline is used: InputError that names
            the op, if the function does not compile, returns no tuple of one number a channel, raises, as by a
            division by zero, or makes NaN or an infinity of finite numbers.
    """

    gives: ClassVar[type[Effect]] = effects.PixelFunction

    def _read(self, given: Mapping[str, Any]) -> tuple[tuple[str, Distribution | Fixed], ...]:
        """The fields in the order of the function's parameters, which is how compiled code is called."""
        if not isinstance(_plain(self.function), FunctionType):
            raise FieldError(
                f"{self.label} takes a plain function (def, lambda), or one that numba.njit compiled, got "
                f"{self.function!r:.80}. Write a function that calls it, or does the same: def mine(pixel): return ..."
            )
        read = dict(super()._read(given))
        own = self._own(read)
        return tuple((item, read[item]) for item in [*own, *(item for item in read if item not in own)])

    def _own(self, given: Mapping[str, Any]) -> list[str]:
        """The function's parameters after the pixel that are given.

        Raises  FieldError if others are given, or one is not that must be.
        """
        parameters = list(signature(_plain(self.function)).parameters.values())
        more = any(each.kind is Parameter.VAR_POSITIONAL for each in parameters)
        own = [each for each in parameters[1:] if each.kind is not Parameter.VAR_POSITIONAL]
        takes = f"its parameters after the pixel are {', '.join(each.name for each in own) or 'none'}"
        unknown = [] if more else sorted(given.keys() - {each.name for each in own})
        if unknown:
            raise FieldError(f"{self.label} was given {', '.join(unknown)}, but {takes}")
        more_given = bool(given.keys() - {each.name for each in own})
        last = len(own) if more_given else max((n for n, each in enumerate(own) if each.name in given), default=-1)
        for n, each in enumerate(own):
            if each.name not in given and (n < last or each.default is Parameter.empty):
                taken = ". That name is the op's own: rename the parameter" if each.name in ("p", "name") else ""
                raise FieldError(f"{self.label} was not given {each.name}, but {takes}: write {each.name}=...{taken}")
        return [each.name for each in own if each.name in given]

    def _given(self, value: Any, owner: str) -> Distribution | Fixed:
        given = super()._given(value, owner)
        if isinstance(given, Distribution):
            return given
        raise FieldError(
            f"{owner} is a number, a range (low, high) or a distribution, got {value!r:.80}. A function of one pixel "
            "is compiled, and takes no other options: write a function for each, or use Opaque"
        )

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> effects.PixelFunction:
        return effects.PixelFunction(self.function, self.table(draws, sizes))

    def table(self, draws: Draws, sizes: Ints) -> Floats:
        """The numbers drawn, (B, n), in the order written."""
        out = np.empty((len(sizes), len(self.given)))
        for column, (item, _) in enumerate(self.given):
            out[:, column] = draws[item]
        return out


def _is_drawn(value: Any) -> bool:
    """Whether a value is written as numbers to draw: a number, a pair of them, or a distribution."""
    pair = isinstance(value, (tuple, list)) and len(value) == 2 and all(map(is_number, value))
    return pair or is_number(value) or isinstance(value, Distribution)


@dataclass(frozen=True, repr=False, init=False)
class Opaque(FunctionOp):
    """Apply a function of the whole picture, which ends the fused run.

    function  function(image, **arguments) -> image: float32 (height, width, channels), with white as 1. It may change
              the size only if what follows can take any. NaN counts as black where numbers are clamped or made whole.
              What it returns is in units of white too if it is of floats; of uint8 255 is white, of uint16 65535
    moves_pixels  whether the function may move pixels. False: labels stay as they are. True: a sample with labels is
              refused, since nothing tells where they went
    rng       whether the function is called with `rng=`, a `numpy.random.Generator` that the key makes: for noise, and
              whatever else wants more numbers than a field. The same key, the same generator, in a replay too. NumPy
              promises the bits behind it for ever, what `normal`, `choice` and others make of them for one version of
              NumPy only: so far goes the promise of the same pixels
    given     other arguments by keyword. A number, a pair or a distribution is drawn, and passed as a Python float.
              Anything else (a text, True, None, an array, a longer tuple) is passed as it is, an array as a copy that
              is read only; a pair that is no range as np.array(pair). None can be called p, name, moves_pixels or rng
    p         probability of application, a number or a `Ramp`; one draw a sample
    name      by default the function's, or that within a `functools.partial`; of a lambda `Opaque`
    targets   image; with moves_pixels=False also masks, boxes and points, which stay        effect  opaque (cuts)

    >>> def stripes(image, step, along="rows"):
    ...     rows, columns = np.indices(image.shape[:2])
    ...     return image * ((rows if along == "rows" else columns) % step > 0)[:, :, None]
    >>> Opaque(stripes, step=(2, 9), along="columns")
    Opaque(stripes, step=Uniform(2, 9), along='columns')
    >>> def grain(image, strength, rng):
    ...     return image + strength * rng.normal(size=image.shape)
    >>> Opaque(grain, strength=(0, 0.1), rng=True, moves_pixels=False)
    Opaque(grain, strength=Uniform(0, 0.1), moves_pixels=False, rng=True)

    Raises  FieldError if it is no function, moves_pixels or rng is not True or False, the function takes `rng` and
            rng=True is not given, or a range is none. Where the pipeline is used: InputError that names the op if the
            function returns no picture; what the function itself raises comes as it is, with a note that names the op,
            but for StopIteration, which becomes a RuntimeError.
    """

    moves_pixels: bool = flag(default=True, kw_only=True)
    rng: bool = flag(default=False, kw_only=True)

    gives: ClassVar[type[Effect]] = effects.PictureFunction

    @renamed(moves="moves_pixels")
    def __init__(
        self,
        function: Callable[..., Any],
        /,
        *,
        p: float | Ramp = 1.0,
        name: str | None = None,
        moves_pixels: bool = True,
        rng: bool = False,
        **given: Any,
    ) -> None:
        self._set(moves_pixels=moves_pixels, rng=rng)
        super().__init__(function, p=p, name=name, **given)
        if not rng and _wants_rng(function):
            raise FieldError(f"{self.label}: the function takes rng, a generator of random numbers: write rng=True")

    def drawn(self) -> dict[str, Distribution]:
        return super().drawn() | ({"rng": Bits()} if self.rng else {})

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> effects.PictureFunction:
        count = len(sizes)
        columns = {
            item: [value.value] * count if isinstance(value, Fixed) else draws[item].tolist()
            for item, value in self.given
        }
        rows = tuple({item: column[i] for item, column in columns.items()} for i in range(count))
        return effects.PictureFunction(self.function, rows, draws["rng"] if self.rng else None)


def _wants_rng(function: Callable[..., Any]) -> bool:
    """Whether a function cannot be called with a picture alone for want of `rng`."""
    try:
        _, *others = signature(function).parameters.values()
    except ValueError:  # it has no parameters, or is built in and does not tell
        return False
    return any(
        each.name == "rng"
        and each.default is Parameter.empty
        and each.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        for each in others
    )
