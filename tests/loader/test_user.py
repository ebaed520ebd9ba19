"""Functions of a user's own in a loader: what they raise names op and sample; their generator is the key's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

import variegate as vg

FUNCTIONS = '''
import numpy as np

class Own(Exception):
    """One of the user's."""

def strict(image, most):
    if image.max() > most:
        raise Own("too bright")
    return image

def pale(pixel, most):
    if pixel[0] > most:
        raise ValueError("too red")
    return pixel

def word(pixel):
    return pixel[0] + "a"

def half(pixel):
    return (pixel[0] / (pixel[0] - pixel[0]), pixel[1], pixel[2])

def grain(image, rng, strength=0.1):
    return image + np.float32(strength) * rng.normal(size=image.shape).astype(np.float32)
'''
WAYS = [{"workers": 0}, {"workers": 2}]
if os.name == "posix":
    WAYS.append({"workers": 2, "isolate": True})


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Functions in a module that a child can import."""
    folder = tmp_path_factory.mktemp("functions")
    (folder / "functions_of_a_user.py").write_text(FUNCTIONS)
    sys.path.insert(0, str(folder))
    import functions_of_a_user  # type: ignore[import-not-found]

    yield functions_of_a_user
    sys.path.remove(str(folder))


def pictures() -> np.ndarray:
    made = np.random.default_rng(0).integers(0, 100, (24, 12, 16, 3), dtype=np.uint8)
    made[13, 3, 4] = 250
    return made


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("op", ["strict", "pale"])
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_what_they_raise_names_the_op_and_the_sample(
    own: ModuleType, op: str, options: dict[str, int], on_error: str
) -> None:
    """It is no fault of the sample's, so no policy skips it."""
    made = vg.Opaque(own.strict, most=0.75) if op == "strict" else vg.Pointwise(own.pale, most=0.75)
    augment = vg.Compose([vg.HorizontalFlip(p=0.5), made])
    source = vg.Arrays(pictures())
    loader = vg.Loader(source, augment, batch_size=4, shuffle=False, seed=0, on_error=on_error, **options)
    with pytest.raises(own.Own if op == "strict" else vg.InputError) as caught:
        for batch in loader:
            assert batch["index"].max() < 12
    notes = caught.value.__notes__
    assert "variegate: this was in making sample 13, images[13]" in notes
    told = "variegate: this was in strict, whose function was called with (most=0.75)"
    assert (
        told in notes if op == "strict" else str(caught.value).startswith("pale: the function raised ValueError: too")
    )


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_what_cannot_be_compiled_or_divides_by_zero(own: ModuleType, options: dict[str, int]) -> None:
    for op, said in (
        (vg.Pointwise(own.word), "word: the function cannot"),
        (vg.Pointwise(own.half), "half: the function raised ZeroDivisionError"),
    ):
        loader = vg.Loader(vg.Arrays(pictures()), vg.Compose([op]), batch_size=4, **options)
        with pytest.raises(vg.InputError, match=f"^{said}"):
            next(iter(loader))


def test_a_generator_gives_the_same_bytes_in_every_way(own: ModuleType) -> None:
    augment = vg.Compose(
        [vg.Opaque(own.grain, rng=True, p=0.7), vg.RandomResizedCrop(8), vg.Opaque(own.grain, rng=True)]
    )
    made: dict[tuple[int, int, int], set[bytes]] = {}
    for options in [*WAYS, {"workers": 1, "batch_size": 6, "repeats": 2}]:
        loader = vg.Loader(vg.Arrays(pictures()), augment, seed=3, **{"batch_size": 4, **options})
        for epoch in range(2):
            for batch in loader:
                variations = batch.get("variation", np.zeros(len(batch["id"]), int))
                for image, one, variation in zip(batch["image"], batch["id"], variations, strict=True):
                    made.setdefault((epoch, int(one), int(variation)), set()).add(image.tobytes())
    assert len(made) == 2 * 24 * 2 and all(len(each) == 1 for each in made.values())
    assert len(set.union(*made.values())) == len(made), "and no two of them are alike"
