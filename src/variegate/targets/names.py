"""Names: those that no field of a sample can have, and why."""

from __future__ import annotations

from collections.abc import Iterable

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
