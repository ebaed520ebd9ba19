"""Names: those that no field of a sample can have, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from variegate.errors import VariegateError

INSTANCES = "instances"  # the group of whoever names none
ARGUMENT, OWN = "an argument of calls is called so", "a batch has one of its own"

# By name, why it is taken. A mapping goes into calls as keywords and comes out in a batch: both must tell fields apart.
RESERVED: dict[str, str] = {
    **dict.fromkeys(("key", "keys", "return_params", "seed"), ARGUMENT),
    **dict.fromkeys(("id", "index", "variation"), OWN),
    INSTANCES: "a padded batch says under it which instances are there",
}


def name_clash(names: Iterable[str], owner: str, also: Iterable[str] = ()) -> str | None:
    """What to say of the first of these names that is taken; None where none is.

    owner  who has the field, for the error
    also   more names that are taken there

    >>> name_clash(["boxes"], "Arrays"), name_clash(["index"], "Arrays")
    (None, "Arrays: the name 'index' is taken: a batch has one of its own. Choose another")
    """
    more = tuple(also)
    name = next((name for name in names if name in RESERVED or name in more), None)
    if name is None:
        return None
    return f"{owner}: the name {name!r} is taken: {RESERVED.get(name, OWN)}. Choose another"


def element_names(names: Sequence[str] | None, error: type[VariegateError]) -> tuple[str, ...] | None:
    """The names of the elements of samples that are tuples, checked.

    Raises  error if they are no different texts, `image` is not among them, or one is taken.
    """
    if names is None:
        return None
    given = (names,) if isinstance(names, str) else tuple(names)
    if "image" not in given or len(set(given)) < len(given) or not all(isinstance(name, str) for name in given):
        raise error(f'names are those of a sample\'s elements, such as ("image", "mask"); got {names!r}')
    said = name_clash(given, "names")
    if said is not None:
        raise error(said)
    return given
